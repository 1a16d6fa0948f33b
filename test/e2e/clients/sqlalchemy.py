from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session, attributes, declarative_base, relationship, selectinload

version = f"SQLAlchemy {sa.__version__} (psycopg2)"
Base = declarative_base()


class Task(Base):
    __tablename__ = "task"
    __table_args__ = {"schema": "app"}
    id = sa.Column(sa.BigInteger, primary_key=True)
    project_id = sa.Column(sa.BigInteger)
    title = sa.Column(sa.Text)
    is_private = sa.Column(sa.Boolean)
    assignee_id = sa.Column(sa.BigInteger)
    entries = relationship("Entry", order_by="Entry.id")


class Entry(Base):
    __tablename__ = "entry"
    __table_args__ = {"schema": "app"}
    # owners are filled in by the database: read with RETURNING, not with a query of its own
    __mapper_args__ = {"eager_defaults": True}
    id = sa.Column(sa.BigInteger, primary_key=True)
    task_id = sa.Column(sa.ForeignKey(Task.id))
    author_id = sa.Column(sa.BigInteger, server_default=sa.FetchedValue())
    ref = sa.Column(sa.Text)
    text = sa.Column(sa.Text)
    hours = sa.Column(sa.Integer, server_default=sa.FetchedValue())
    rate = sa.Column(sa.Integer)
    approved = sa.Column(sa.Boolean, server_default=sa.FetchedValue())


def connect(url):
    return sa.create_engine(url, pool_size=2, max_overflow=0)


@contextmanager
def acting(engine, key=None, token=None):
    """One transaction, on behalf of somebody."""
    with Session(engine) as session, session.begin():
        if key:
            session.execute(sa.text("SELECT clearance.set_actor(key => :key)"), {"key": key})
        if token:
            session.execute(sa.text("SELECT clearance.authenticate(:token)"), {"token": token})
        yield session


def told(error):
    """What there is to say of a refusal."""
    diag = getattr(getattr(error, "orig", None), "diag", None)
    if not diag:
        return type(error).__name__, None, None, str(error)
    return diag.sqlstate, diag.constraint_name, diag.column_name, diag.message_primary, diag.message_detail, diag.message_hint


def list(session):
    return session.scalars(sa.select(Task).order_by(Task.id)).all()


def page(session, offset, limit):
    return session.scalars(sa.select(Task).order_by(Task.title, Task.id).offset(offset).limit(limit)).all()


def lookup(session, id):
    return session.get(Task, id)


def count(session):
    return session.scalar(sa.select(sa.func.count()).select_from(Entry))


def join(session):
    return session.scalars(sa.select(Task).options(selectinload(Task.entries)).order_by(Task.id)).all()


def prepared(session, id):
    return session.get(Task, id)


def insert(session, ref, task, text):
    entry = Entry(ref=ref, task_id=task, text=text)
    session.add(entry)
    session.flush()
    return entry


def save(session, ref, task, text):
    entry = insert(session, ref, task, "draft")
    entry.text = text
    session.flush()
    return entry


def update(session, id, text):
    entry = session.get(Entry, id)
    if not entry:
        return 0
    entry.text = text
    session.flush()
    return 1


def update_all(session, id, text):
    entry = session.get(Entry, id)
    for column in Entry.__table__.columns.keys():
        attributes.flag_modified(entry, column)
    entry.text = text
    session.flush()
    return 1


def move(session, id, task):
    session.get(Entry, id).task_id = task
    session.flush()


def approve(session, id):
    session.get(Entry, id).approved = True
    session.flush()


def upsert(session, ref, task, text):
    statement = insert_or(Entry).values(ref=ref, task_id=task, text=text)
    statement = statement.on_conflict_do_update(index_elements=["ref"], set_={"text": statement.excluded.text})
    return session.execute(statement.returning(Entry.text, Entry.author_id)).one()


def delete(session, id):
    entry = session.get(Entry, id)
    if not entry:
        return 0
    session.delete(entry)
    session.flush()
    return 1


def savepoint(session, ref, task, hidden):
    try:
        with session.begin_nested():
            insert(session, ref, hidden, "lost")
    except ProgrammingError:
        return insert(session, ref, task, "kept")


def create_task(session, project, title):
    session.add(Task(project_id=project, title=title, is_private=False))
    session.flush()
