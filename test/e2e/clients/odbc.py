import re
from collections import defaultdict
from contextlib import contextmanager
from urllib.parse import urlsplit

import pyodbc

idle = defaultdict(lambda: [])
version = f"pyodbc {pyodbc.version}"


def connect(url):
    part = urlsplit(url)
    return (f"Driver={{PostgreSQL Unicode}};Server={part.hostname};Port={part.port};Database={part.path[1:]};"
            f"UID={part.username};PWD={part.password}")


@contextmanager
def acting(connection_string, key=None, token=None):
    """One transaction, on behalf of somebody."""
    connections = idle[connection_string]
    connection = connections.pop() if connections else pyodbc.connect(connection_string)
    with connection:           # commits, or rolls back
        if key:
            connection.execute("SELECT clearance.set_actor(key => ?)", str(key))
        if token:
            connection.execute("SELECT clearance.authenticate(?)", token)
        yield connection
    connections.append(connection)


def told(error):
    """What there is to say of a refusal: the driver makes one text of it."""
    code, text = error.args
    message, detail = re.match(r"\[\w+\] ERROR: (.*?)(?:\nDETAIL: (.*?))?;\nError while", text, re.S).groups()
    return code, None, None, message, detail


def rows(cursor):
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row)) for row in cursor]


def row(cursor):
    return next(iter(rows(cursor)), None)


def list(db):
    return rows(db.execute("SELECT * FROM app.task ORDER BY id"))


def page(db, offset, limit):
    return rows(db.execute("SELECT * FROM app.task ORDER BY title, id OFFSET ? LIMIT ?", offset, limit))


def lookup(db, id):
    return row(db.execute("SELECT * FROM app.task WHERE id = ?", id))


def count(db):
    return db.execute("SELECT count(*) FROM app.entry").fetchval()


def join(db):
    tasks = list(db)
    for entry in db.execute("SELECT task_id, text FROM app.entry ORDER BY id"):
        next(task for task in tasks if task["id"] == entry.task_id).setdefault("entries", []).append(entry.text)
    return tasks


def prepared(db, id):
    return lookup(db, id)


def insert(db, ref, task, text):
    return row(db.execute("INSERT INTO app.entry (ref, task_id, text) VALUES (?, ?, ?) RETURNING *", ref, task, text))


def save(db, ref, task, text):
    entry = insert(db, ref, task, "draft")
    return row(db.execute("UPDATE app.entry SET text = ? WHERE id = ? RETURNING *", text, entry["id"]))


def update(db, id, text):
    return db.execute("UPDATE app.entry SET text = ? WHERE id = ?", text, id).rowcount


def update_all(db, id, text):
    e = row(db.execute("SELECT * FROM app.entry WHERE id = ?", id))
    return db.execute("UPDATE app.entry SET task_id = ?, author_id = ?, ref = ?, text = ?, hours = ?, rate = ?, approved = ? WHERE id = ?",
                      e["task_id"], e["author_id"], e["ref"], text, e["hours"], e["rate"], e["approved"], id).rowcount


def move(db, id, task):
    return db.execute("UPDATE app.entry SET task_id = ? WHERE id = ?", task, id).rowcount


def approve(db, id):
    return db.execute("UPDATE app.entry SET approved = true WHERE id = ?", id).rowcount


def upsert(db, ref, task, text):
    return row(db.execute("""
        INSERT INTO app.entry (ref, task_id, text) VALUES (?, ?, ?)
        ON CONFLICT (ref) DO UPDATE SET text = excluded.text RETURNING *""", ref, task, text))


def delete(db, id):
    return db.execute("DELETE FROM app.entry WHERE id = ?", id).rowcount


def savepoint(db, ref, task, hidden):
    # not as the first statement of a transaction: the driver would lose it
    entry = insert(db, ref, task, "kept")
    db.execute("SAVEPOINT before")
    try:
        insert(db, ref + "-lost", hidden, "lost")
    except pyodbc.Error:
        db.execute("ROLLBACK TO SAVEPOINT before")
    return entry


def create_task(db, project, title):
    return row(db.execute("INSERT INTO app.task (project_id, title) VALUES (?, ?) RETURNING *", project, title))
