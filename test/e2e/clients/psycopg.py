from contextlib import contextmanager

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

version = f"psycopg {psycopg.__version__}"


def connect(url):
    # behind a pooler that does not share prepared statements: prepare_threshold=None
    return ConnectionPool(url, min_size=1, max_size=2, kwargs={"row_factory": dict_row, "prepare_threshold": None})


@contextmanager
def acting(pool, key=None, token=None):
    """One transaction, on behalf of somebody."""
    with pool.connection() as connection:
        if key:
            connection.execute("SELECT clearance.set_actor(key => %s)", [key])
        if token:
            connection.execute("SELECT clearance.authenticate(%s)", [token])
        yield connection


def told(error):
    """What there is to say of a refusal."""
    diag = error.diag
    return diag.sqlstate, diag.constraint_name, diag.column_name, diag.message_primary, diag.message_detail, diag.message_hint


def list(db):
    return db.execute("SELECT * FROM app.task ORDER BY id").fetchall()


def page(db, offset, limit):
    return db.execute("SELECT * FROM app.task ORDER BY title, id OFFSET %s LIMIT %s", [offset, limit]).fetchall()


def lookup(db, id):
    return db.execute("SELECT * FROM app.task WHERE id = %s", [id]).fetchone()


def count(db):
    return db.execute("SELECT count(*) FROM app.entry").fetchone()["count"]


def join(db):
    return db.execute("""
        SELECT t.*, array_agg(e.text ORDER BY e.id) FILTER (WHERE e.id IS NOT NULL) AS entries
        FROM app.task t LEFT JOIN app.entry e ON e.task_id = t.id GROUP BY t.id ORDER BY t.id""").fetchall()


def prepared(db, id):
    return db.execute("SELECT * FROM app.task WHERE id = %s", [id], prepare=True).fetchone()


def insert(db, ref, task, text):
    return db.execute("INSERT INTO app.entry (ref, task_id, text) VALUES (%s, %s, %s) RETURNING *", [ref, task, text]).fetchone()


def save(db, ref, task, text):
    entry = insert(db, ref, task, "draft")
    return db.execute("UPDATE app.entry SET text = %s WHERE id = %s RETURNING *", [text, entry["id"]]).fetchone()


def update(db, id, text):
    return db.execute("UPDATE app.entry SET text = %s WHERE id = %s", [text, id]).rowcount


def update_all(db, id, text):
    entry = db.execute("SELECT * FROM app.entry WHERE id = %s", [id]).fetchone()
    return db.execute("""
        UPDATE app.entry SET task_id = %(task_id)s, author_id = %(author_id)s, ref = %(ref)s, text = %(text)s,
            hours = %(hours)s, rate = %(rate)s, approved = %(approved)s WHERE id = %(id)s""", {**entry, "text": text}).rowcount


def move(db, id, task):
    return db.execute("UPDATE app.entry SET task_id = %s WHERE id = %s", [task, id]).rowcount


def approve(db, id):
    return db.execute("UPDATE app.entry SET approved = true WHERE id = %s", [id]).rowcount


def upsert(db, ref, task, text):
    return db.execute("""
        INSERT INTO app.entry (ref, task_id, text) VALUES (%s, %s, %s)
        ON CONFLICT (ref) DO UPDATE SET text = excluded.text RETURNING *""", [ref, task, text]).fetchone()


def delete(db, id):
    return db.execute("DELETE FROM app.entry WHERE id = %s", [id]).rowcount


def savepoint(db, ref, task, hidden):
    try:
        with db.transaction():
            insert(db, ref, hidden, "lost")
    except psycopg.errors.InsufficientPrivilege:
        return insert(db, ref, task, "kept")


def create_task(db, project, title):
    return db.execute("INSERT INTO app.task (project_id, title) VALUES (%s, %s) RETURNING *", [project, title]).fetchone()
