-- The application's tables, in the first schema of search_path. As in most
-- applications for many accounts, each names the account.
CREATE TABLE project (id bigint, account_id bigint NOT NULL, name text, is_private boolean NOT NULL);
CREATE TABLE task (
    id          bigint,
    account_id  bigint NOT NULL,
    project_id  bigint NOT NULL,
    title       text NOT NULL,
    is_private  boolean NOT NULL,
    estimate    integer NOT NULL DEFAULT 1,
    assignee_id bigint,
    due_on      date
);
-- the same rows in partitions by account
CREATE TABLE parted (LIKE task INCLUDING DEFAULTS) PARTITION BY HASH (account_id);
SELECT format('CREATE TABLE parted_%s PARTITION OF parted FOR VALUES WITH (MODULUS 8, REMAINDER %s)', r, r) FROM generate_series(0, 7) AS r \gexec
-- one column for each operator that is no equality of a built-in type
CREATE TABLE item (
    id          bigint,
    account_id  bigint NOT NULL,
    project_id  bigint NOT NULL,
    is_private  boolean NOT NULL,
    assignee_id bigint,
    title       text NOT NULL,
    body        tsvector NOT NULL,
    tags        text[] NOT NULL,
    data        jsonb NOT NULL,
    place       point NOT NULL,
    features    bench.cube NOT NULL,
    code        bench.citext NOT NULL,
    amount      numeric NOT NULL
);
