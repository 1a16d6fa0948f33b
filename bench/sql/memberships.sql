-- The application's own tables of who works on what, which hand-written policies
-- read; pg_clearance is told the same.
CREATE TABLE bench.project_partner (
    project_id bigint,
    partner_id bigint,
    starts_at  timestamptz NOT NULL DEFAULT '-infinity',
    ends_at    timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (partner_id, project_id)
);
CREATE TABLE bench.member (
    id            bigint PRIMARY KEY,
    level         text NOT NULL,
    partner_id    bigint,
    partner_admin boolean NOT NULL DEFAULT false,
    account_id    bigint NOT NULL DEFAULT 1
);
CREATE TABLE bench.project_member (
    project_id bigint,
    member_id  bigint,
    starts_at  timestamptz NOT NULL DEFAULT '-infinity',
    ends_at    timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (member_id, project_id)
);
CREATE INDEX ON bench.project_partner (project_id, partner_id);
CREATE INDEX ON bench.project_member (project_id, member_id);

-- What the application's tables say of members with these ids, said to the extension.
CREATE PROCEDURE bench.tell_clearance(after bigint, upto bigint)
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO clearance.member (id, account_id, key, partner_id, partner_admin)
    SELECT id, account_id, id, partner_id, partner_admin FROM bench.member WHERE id > after AND id <= upto;
    INSERT INTO clearance.member_role (member_id, role_id)
    SELECT m.id, r.id FROM bench.member m JOIN clearance.role r ON r.name = m.level
    WHERE m.id > after AND m.id <= upto AND m.partner_id IS NULL;
    INSERT INTO clearance.project_member (account_id, project_id, member_id)
    SELECT m.account_id, pm.project_id, pm.member_id FROM bench.project_member pm JOIN bench.member m ON m.id = pm.member_id
    WHERE m.id > after AND m.id <= upto;
END $$;
