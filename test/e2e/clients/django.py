from contextlib import contextmanager
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.db import DatabaseError, connections, models, transaction

version = f"Django {django.__version__} (psycopg2)"
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.postgresql"}}, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
django.setup()


class Task(models.Model):
    project_id = models.BigIntegerField()
    title = models.TextField()
    is_private = models.BooleanField(default=False)
    assignee_id = models.BigIntegerField(null=True)

    class Meta:
        app_label = "app"
        db_table = 'app"."task'
        managed = False


class Entry(models.Model):
    task = models.ForeignKey(Task, models.DO_NOTHING, related_name="entry_set")
    author_id = models.BigIntegerField(null=True)
    ref = models.TextField(unique=True)
    text = models.TextField()
    hours = models.IntegerField(default=1)
    rate = models.IntegerField(null=True)
    approved = models.BooleanField(default=False)

    class Meta:
        app_label = "app"
        db_table = 'app"."entry'
        managed = False


def connect(url):
    part = urlsplit(url)
    connections.databases[url] = {
        **connections.databases["default"], "HOST": part.hostname, "PORT": part.port, "NAME": part.path[1:], "USER": part.username,
        "PASSWORD": part.password, "CONN_MAX_AGE": None, "DISABLE_SERVER_SIDE_CURSORS": True}
    return url


@contextmanager
def acting(database, key=None, token=None):
    """One transaction, on behalf of somebody."""
    with transaction.atomic(using=database), connections[database].cursor() as cursor:
        if key:
            cursor.execute("SELECT clearance.set_actor(key => %s)", [key])
        if token:
            cursor.execute("SELECT clearance.authenticate(%s)", [token])
        yield database


def told(error):
    """What there is to say of a refusal."""
    diag = getattr(error.__cause__, "diag", None)
    if not diag:
        return type(error).__name__, None, None, str(error)
    return diag.sqlstate, diag.constraint_name, diag.column_name, diag.message_primary, diag.message_detail, diag.message_hint


def list(db):
    return [*Task.objects.using(db).order_by("id")]


def page(db, offset, limit):
    return [*Task.objects.using(db).order_by("title", "id")[offset:offset + limit]]


def lookup(db, id):
    return Task.objects.using(db).filter(id=id).first()


def count(db):
    return Entry.objects.using(db).count()


def join(db):
    tasks = Task.objects.using(db).order_by("id").prefetch_related(models.Prefetch("entry_set", Entry.objects.order_by("id"), "entries"))
    return [*tasks]


def prepared(db, id):
    return lookup(db, id)


def insert(db, ref, task, text):
    entry = Entry.objects.using(db).create(ref=ref, task_id=task, text=text)
    # filled in by the database, which Django does not read back
    entry.refresh_from_db(fields=["author_id"])
    return entry


def save(db, ref, task, text):
    entry = insert(db, ref, task, "draft")
    entry.text = text
    # without rate, which is masked: Django writes every column otherwise
    entry.save(update_fields=["text"])
    return entry


def update(db, id, text):
    entry = Entry.objects.using(db).filter(id=id).first()
    if not entry:
        return 0
    entry.text = text
    entry.save(update_fields=["text"])
    return 1


def update_all(db, id, text):
    entry = Entry.objects.using(db).get(id=id)
    entry.text = text
    entry.save()
    return 1


def move(db, id, task):
    return Entry.objects.using(db).filter(id=id).update(task_id=task)


def approve(db, id):
    return Entry.objects.using(db).filter(id=id).update(approved=True)


def upsert(db, ref, task, text):
    # a masked column is left out of what is written by deferring it
    entry, _ = Entry.objects.using(db).defer("rate").update_or_create(ref=ref, defaults={"task_id": task, "text": text})
    entry.refresh_from_db(fields=["author_id"])
    return entry


def delete(db, id):
    return Entry.objects.using(db).filter(id=id).delete()[0]


def savepoint(db, ref, task, hidden):
    try:
        with transaction.atomic(using=db):
            insert(db, ref, hidden, "lost")
    except DatabaseError:
        return insert(db, ref, task, "kept")


def create_task(db, project, title):
    return Task.objects.using(db).create(project_id=project, title=title)
