-- complain if the script is sourced in psql rather than through CREATE EXTENSION
\echo Use "CREATE EXTENSION pg_clearance" to load this file. \quit

-- Nobody else may own the schema or have put anything into it: what is found
-- there would be taken for the extension's.
DO $$
DECLARE
    owner regrole := (SELECT n.nspowner FROM pg_catalog.pg_namespace n WHERE n.nspname = 'clearance');
BEGIN
    IF owner::pg_catalog.name <> CURRENT_USER
        OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                   WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                     AND d.refobjid = 'clearance'::pg_catalog.regnamespace
                     AND d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass) THEN
        RAISE EXCEPTION 'schema clearance exists already, and is not empty or is owned by %', owner
            USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Drop or rename it: CREATE EXTENSION makes its own.';
    END IF;
END
$$;

-- Minor releases before this one have holes in row security itself, which an extension cannot mend.
DO $$
BEGIN
    IF pg_catalog.current_setting('server_version_num')::integer < 150020 THEN
        RAISE WARNING 'PostgreSQL % has known holes in row security', pg_catalog.current_setting('server_version')
            USING DETAIL = 'Releases before 15.20 show some queries rows that policies hide.',
            HINT = 'Update the server to the latest minor release of PostgreSQL 15.';
    END IF;
END
$$;
-- ---------------------------------------------------------------------------
-- app_key: a project's or member's key in the application, whatever its type.
-- A base type of its own, so that one function signature takes smallint,
-- integer, bigint, uuid and text; the tables store its canonical text.
-- ---------------------------------------------------------------------------
CREATE TYPE clearance.app_key;

CREATE FUNCTION clearance.app_key_in(cstring) RETURNS clearance.app_key
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION clearance.app_key_out(clearance.app_key) RETURNS cstring
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
-- drivers that leave the type of a parameter open are told this one, and may send it in binary
CREATE FUNCTION clearance.app_key_recv(internal) RETURNS clearance.app_key
LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textrecv';
CREATE FUNCTION clearance.app_key_send(clearance.app_key) RETURNS bytea
LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textsend';

CREATE TYPE clearance.app_key (
    INPUT = clearance.app_key_in,
    OUTPUT = clearance.app_key_out,
    RECEIVE = clearance.app_key_recv,
    SEND = clearance.app_key_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);
COMMENT ON TYPE clearance.app_key IS
'key of a project or member in the application: smallint, integer, bigint, uuid and text convert to it implicitly';

CREATE CAST (text AS clearance.app_key) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (character varying AS clearance.app_key) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (clearance.app_key AS text) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (smallint AS clearance.app_key) WITH INOUT AS IMPLICIT;
CREATE CAST (integer AS clearance.app_key) WITH INOUT AS IMPLICIT;
CREATE CAST (bigint AS clearance.app_key) WITH INOUT AS IMPLICIT;
CREATE CAST (uuid AS clearance.app_key) WITH INOUT AS IMPLICIT;

-- ---------------------------------------------------------------------------
-- by_name: stands in a list of optional arguments where those begin that are
-- passed by name alone, since a mix-up would be silent. Nothing casts to it, and
-- it reads nothing but its default.
-- ---------------------------------------------------------------------------
CREATE TYPE clearance.by_name;

CREATE FUNCTION clearance.by_name_in(cstring) RETURNS clearance.by_name
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clearance_by_name_in';
COMMENT ON FUNCTION clearance.by_name_in(cstring) IS 'internal: refuses what is passed by position';
CREATE FUNCTION clearance.by_name_out(clearance.by_name) RETURNS cstring
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
COMMENT ON FUNCTION clearance.by_name_out(clearance.by_name) IS 'internal: text form of by_name';

CREATE TYPE clearance.by_name (
    INPUT = clearance.by_name_in,
    OUTPUT = clearance.by_name_out,
    INTERNALLENGTH = VARIABLE
);
COMMENT ON TYPE clearance.by_name IS 'no argument: those after it are passed by name';


-- ---------------------------------------------------------------------------
-- What texts must look like: constraints and functions ask the same.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.is_email(email text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN email ~ '^[^[:space:][:cntrl:]@<>(),;:"\\]+@[^[:space:][:cntrl:]@<>(),;:"\\]+$' AND length(email) <= 254;
REVOKE ALL ON FUNCTION clearance.is_email(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_email(text) IS 'internal: whether a text is one e-mail address and nothing else';

CREATE FUNCTION clearance.is_web_address(address text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN address ~ '^https?://[^[:space:][:cntrl:]<>"]+$';
REVOKE ALL ON FUNCTION clearance.is_web_address(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_web_address(text) IS 'internal: whether a text is a web address, of HTTP and nothing else';
-- ---------------------------------------------------------------------------
-- Vocabulary: features, actions, levels and what they grant
-- ---------------------------------------------------------------------------
CREATE TABLE clearance.feature (
    name        text    NOT NULL CONSTRAINT feature_name_is_unique PRIMARY KEY,
    built_in    boolean NOT NULL DEFAULT false,
    description text,
    CONSTRAINT feature_name_is_an_identifier CHECK (name ~ '^[a-z][a-z0-9_]*$')
);
COMMENT ON TABLE clearance.feature IS 'what is acted on: task, document, invoice …';
COMMENT ON COLUMN clearance.feature.name IS 'identifier of the feature';
COMMENT ON COLUMN clearance.feature.built_in IS 'ships with the extension; not dumped';
COMMENT ON COLUMN clearance.feature.description IS 'for people';

CREATE TABLE clearance.action (
    feature  text    NOT NULL CONSTRAINT action_belongs_to_a_feature REFERENCES clearance.feature ON DELETE CASCADE,
    name     text    NOT NULL,
    reads    boolean NOT NULL,
    comes_with_edit boolean NOT NULL DEFAULT false,
    built_in boolean NOT NULL DEFAULT false,
    CONSTRAINT action_is_named_once PRIMARY KEY (feature, name),
    CONSTRAINT action_name_is_an_identifier CHECK (name ~ '^[a-z][a-z0-9_]*$')
);
COMMENT ON TABLE clearance.action IS 'how a feature is acted on: view, create, edit, delete, freeze …';
COMMENT ON COLUMN clearance.action.feature IS 'the feature acted on';
COMMENT ON COLUMN clearance.action.name IS 'identifier of the action';
COMMENT ON COLUMN clearance.action.reads IS 'changes nothing: stays possible in an archived project for those who may view it';
COMMENT ON COLUMN clearance.action.comes_with_edit IS 'partners hold it where they hold edit';
COMMENT ON COLUMN clearance.action.built_in IS 'ships with the extension; not dumped';

CREATE TABLE clearance.action_alias (
    source            text NOT NULL,
    feature           text NOT NULL,
    action            text NOT NULL,
    canonical_feature text NOT NULL,
    canonical_action  text NOT NULL,
    CONSTRAINT alias_is_named_once PRIMARY KEY (source, feature, action),
    CONSTRAINT alias_names_an_action FOREIGN KEY (canonical_feature, canonical_action) REFERENCES clearance.action,
    CONSTRAINT alias_source_is_a_matrix CHECK (source IN ('partner', 'account'))
);
COMMENT ON TABLE clearance.action_alias IS 'names that the source matrices use for an action which has another name here';
COMMENT ON COLUMN clearance.action_alias.source IS 'the matrix that uses the name: partner or account';
COMMENT ON COLUMN clearance.action_alias.feature IS 'feature as the matrix names it';
COMMENT ON COLUMN clearance.action_alias.action IS 'action as the matrix names it';
COMMENT ON COLUMN clearance.action_alias.canonical_feature IS 'feature as named here';
COMMENT ON COLUMN clearance.action_alias.canonical_action IS 'action as named here';

CREATE TABLE clearance.level (
    id          integer GENERATED BY DEFAULT AS IDENTITY (START WITH 100) CONSTRAINT level_id_is_unique PRIMARY KEY,
    name        text    NOT NULL CONSTRAINT level_name_is_unique UNIQUE,
    audience    text    NOT NULL,
    built_in    boolean NOT NULL DEFAULT false,
    description text,
    CONSTRAINT level_audience_is_known CHECK (audience IN ('vendor', 'partner', 'customer')),
    CONSTRAINT level_name_is_not_blank CHECK (btrim(name) <> '')
);
COMMENT ON TABLE clearance.level IS 'access levels: named sets of grants; ids below 100 are built in';
COMMENT ON COLUMN clearance.level.id IS 'internal id';
COMMENT ON COLUMN clearance.level.name IS 'name of the level';
COMMENT ON COLUMN clearance.level.audience IS 'whom it is for: vendor, partner or customer';
COMMENT ON COLUMN clearance.level.built_in IS 'ships with the extension; not dumped';
COMMENT ON COLUMN clearance.level.description IS 'for people';

CREATE TABLE clearance.level_grant (
    level_id   integer NOT NULL CONSTRAINT grant_belongs_to_a_level REFERENCES clearance.level ON DELETE CASCADE,
    feature    text    NOT NULL,
    action     text    NOT NULL,
    visibility text    NOT NULL,
    relation   text    NOT NULL,
    reach      text,
    kinds      text[],
    built_in   boolean NOT NULL DEFAULT false,
    CONSTRAINT grant_names_an_action FOREIGN KEY (feature, action) REFERENCES clearance.action ON DELETE CASCADE,
    CONSTRAINT grant_visibility_is_known CHECK (visibility IN ('shared', 'any')),
    CONSTRAINT grant_relation_is_known CHECK (relation IN ('any', 'assigned', 'followed', 'invited', 'own', 'assigned_task')),
    CONSTRAINT grant_reach_is_known CHECK (reach IN ('account', 'member', 'owned')),
    CONSTRAINT grant_kinds_are_named CHECK (cardinality(kinds) > 0 AND array_position(kinds, NULL) IS NULL)
);
CREATE UNIQUE INDEX grant_is_given_once ON clearance.level_grant
    (level_id, feature, action, visibility, relation, coalesce(reach, ''), coalesce(kinds, '{}'), built_in);
COMMENT ON TABLE clearance.level_grant IS 'level × feature × action → visibility, relation, reach, kinds; several for one action add up';
COMMENT ON COLUMN clearance.level_grant.level_id IS 'the level that grants';
COMMENT ON COLUMN clearance.level_grant.feature IS 'feature acted on';
COMMENT ON COLUMN clearance.level_grant.action IS 'action granted';
COMMENT ON COLUMN clearance.level_grant.visibility IS 'shared: shared rows only; any: private rows too';
COMMENT ON COLUMN clearance.level_grant.relation IS 'what must hold between member and row';
COMMENT ON COLUMN clearance.level_grant.reach IS 'vendor only: account, member (projects of the member) or owned; NULL: as far as the level''s project.view';
COMMENT ON COLUMN clearance.level_grant.kinds IS 'values of the table''s kind column for which it holds; NULL: all';
COMMENT ON COLUMN clearance.level_grant.built_in IS 'ships with the extension; not dumped';

CREATE TABLE clearance.level_denial (
    level_id integer NOT NULL CONSTRAINT denial_belongs_to_a_level REFERENCES clearance.level ON DELETE CASCADE,
    feature  text    NOT NULL,
    action   text    NOT NULL,
    built_in boolean NOT NULL DEFAULT false,
    CONSTRAINT denial_is_given_once PRIMARY KEY (level_id, feature, action),
    CONSTRAINT denial_names_an_action FOREIGN KEY (feature, action) REFERENCES clearance.action ON DELETE CASCADE
);
COMMENT ON TABLE clearance.level_denial IS 'actions that a level does not hold, whatever they would follow from: cells that say no, and what deny() took';
COMMENT ON COLUMN clearance.level_denial.level_id IS 'the level';
COMMENT ON COLUMN clearance.level_denial.feature IS 'feature acted on';
COMMENT ON COLUMN clearance.level_denial.action IS 'the action: built-in grants of it are void';
COMMENT ON COLUMN clearance.level_denial.built_in IS 'ships with the extension; not dumped';

CREATE TABLE clearance.not_available (
    level_id integer NOT NULL CONSTRAINT not_available_belongs_to_a_level REFERENCES clearance.level ON DELETE CASCADE,
    feature  text    NOT NULL,
    action   text    NOT NULL,
    built_in boolean NOT NULL DEFAULT false,
    CONSTRAINT not_available_is_said_once PRIMARY KEY (level_id, feature, action),
    CONSTRAINT not_available_names_an_action FOREIGN KEY (feature, action) REFERENCES clearance.action ON DELETE CASCADE
);
COMMENT ON TABLE clearance.not_available IS 'actions that can never be switched on for holders of a level';
COMMENT ON COLUMN clearance.not_available.level_id IS 'the level';
COMMENT ON COLUMN clearance.not_available.feature IS 'feature acted on';
COMMENT ON COLUMN clearance.not_available.action IS 'action that is not available';
COMMENT ON COLUMN clearance.not_available.built_in IS 'ships with the extension; not dumped';

CREATE TABLE clearance.gate (
    feature      text    NOT NULL,
    action       text    NOT NULL,
    gate_feature text    NOT NULL,
    gate_action  text    NOT NULL,
    audiences    text[]  NOT NULL DEFAULT '{vendor,partner,customer}',
    built_in     boolean NOT NULL DEFAULT false,
    CONSTRAINT gate_stands_once PRIMARY KEY (feature, action, gate_feature, gate_action),
    CONSTRAINT gate_guards_an_action FOREIGN KEY (feature, action) REFERENCES clearance.action ON DELETE CASCADE,
    CONSTRAINT gate_names_an_action FOREIGN KEY (gate_feature, gate_action) REFERENCES clearance.action ON DELETE CASCADE,
    CONSTRAINT gate_is_another_action CHECK ((feature, action) <> (gate_feature, gate_action)),
    CONSTRAINT gate_audiences_are_known CHECK (audiences <@ '{vendor,partner,customer}' AND cardinality(audiences) > 0)
);
COMMENT ON TABLE clearance.gate IS 'an action needs its gates as well: creating a comment needs sight of its document';
COMMENT ON COLUMN clearance.gate.feature IS 'feature of the guarded action';
COMMENT ON COLUMN clearance.gate.action IS 'the guarded action';
COMMENT ON COLUMN clearance.gate.gate_feature IS 'feature of the action that must be permitted too';
COMMENT ON COLUMN clearance.gate.gate_action IS 'the action that must be permitted too';
COMMENT ON COLUMN clearance.gate.audiences IS 'for whom the gate stands';
COMMENT ON COLUMN clearance.gate.built_in IS 'ships with the extension; not dumped';

-- ---------------------------------------------------------------------------
-- People, companies, projects
-- ---------------------------------------------------------------------------
CREATE TABLE clearance.account (
    id                        bigint  GENERATED BY DEFAULT AS IDENTITY CONSTRAINT account_id_is_unique PRIMARY KEY,
    name                      text    NOT NULL CONSTRAINT account_name_is_unique UNIQUE,
    key                       text    CONSTRAINT account_key_is_unique UNIQUE,
    active                    boolean NOT NULL DEFAULT true,
    portal                    boolean NOT NULL DEFAULT false,
    default_external_level_id integer CONSTRAINT default_external_level_exists REFERENCES clearance.level,
    ready_participants        boolean NOT NULL DEFAULT false,
    published                 boolean NOT NULL DEFAULT true,
    CONSTRAINT account_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT account_name_is_one_line CHECK (name !~ '[[:cntrl:]]'),
    CONSTRAINT account_key_is_not_blank CHECK (key <> '')
);
COMMENT ON TABLE clearance.account IS 'organisations that run projects; nothing crosses an account';
COMMENT ON COLUMN clearance.account.id IS 'internal id';
COMMENT ON COLUMN clearance.account.name IS 'name of the organisation';
COMMENT ON COLUMN clearance.account.key IS 'the application''s own tenant id, compared with account columns of protected tables';
COMMENT ON COLUMN clearance.account.active IS 'an account that is not active has no standing members';
COMMENT ON COLUMN clearance.account.portal IS 'the client portal is on';
COMMENT ON COLUMN clearance.account.default_external_level_id IS 'level of partner members for whom no other place names one';
COMMENT ON COLUMN clearance.account.ready_participants IS 'partners join projects with their people, and those only as ready resources';
COMMENT ON COLUMN clearance.account.published IS 'people who accept an invitation are sent a welcome';

CREATE TABLE clearance.role (
    id                    bigint  GENERATED BY DEFAULT AS IDENTITY (START WITH 100) CONSTRAINT role_id_is_unique PRIMARY KEY,
    account_id            bigint  CONSTRAINT role_belongs_to_an_account REFERENCES clearance.account ON DELETE CASCADE,
    name                  text    NOT NULL,
    level_id              integer CONSTRAINT role_level_exists REFERENCES clearance.level,
    available_to_partners boolean NOT NULL DEFAULT false,
    built_in              boolean NOT NULL DEFAULT false,
    CONSTRAINT built_in_role_has_no_account CHECK (built_in = (account_id IS NULL)),
    CONSTRAINT role_name_is_not_blank CHECK (btrim(name) <> '')
);
CREATE UNIQUE INDEX role_name_is_unique_in_its_account ON clearance.role (coalesce(account_id, 0), name);
COMMENT ON TABLE clearance.role IS 'roles of members; a role can name the default level of its holders';
COMMENT ON COLUMN clearance.role.id IS 'internal id; below 100 built in';
COMMENT ON COLUMN clearance.role.account_id IS 'the account; NULL for the built-in vendor roles';
COMMENT ON COLUMN clearance.role.name IS 'name of the role';
COMMENT ON COLUMN clearance.role.level_id IS 'default level; counts for holders whose kind is the level''s audience';
COMMENT ON COLUMN clearance.role.available_to_partners IS 'partner members may hold it';
COMMENT ON COLUMN clearance.role.built_in IS 'ships with the extension; not dumped';

CREATE TABLE clearance.partner (
    id             bigint  GENERATED BY DEFAULT AS IDENTITY CONSTRAINT partner_id_is_unique PRIMARY KEY,
    account_id     bigint  NOT NULL CONSTRAINT partner_belongs_to_an_account REFERENCES clearance.account ON DELETE CASCADE,
    name           text    NOT NULL,
    level_id       integer CONSTRAINT partner_level_exists REFERENCES clearance.level,
    active         boolean NOT NULL DEFAULT true,
    licence_cap    integer,
    strategic      boolean NOT NULL DEFAULT false,
    can_track_time boolean NOT NULL DEFAULT false,
    kind           text    NOT NULL DEFAULT 'integrator',
    website        text,
    CONSTRAINT partner_is_found_with_its_account UNIQUE (account_id, id),
    CONSTRAINT partner_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT partner_name_is_one_line CHECK (name !~ '[[:cntrl:]]'),
    CONSTRAINT partner_kind_is_known CHECK (kind IN ('integrator', 'contractor')),
    CONSTRAINT website_is_a_web_address CHECK (clearance.is_web_address(website)),
    CONSTRAINT licence_cap_is_not_negative CHECK (licence_cap >= 0)
);
CREATE UNIQUE INDEX partner_name_is_unique_in_its_account ON clearance.partner (account_id, lower(name));
COMMENT ON TABLE clearance.partner IS 'companies that deliver projects together with the vendor';
COMMENT ON COLUMN clearance.partner.id IS 'internal id';
COMMENT ON COLUMN clearance.partner.account_id IS 'the account';
COMMENT ON COLUMN clearance.partner.name IS 'company name';
COMMENT ON COLUMN clearance.partner.level_id IS 'access level of all its members; NULL: role or account decide';
COMMENT ON COLUMN clearance.partner.active IS 'a disabled partner''s members have no standing';
COMMENT ON COLUMN clearance.partner.licence_cap IS 'most members it may have; NULL: no cap';
COMMENT ON COLUMN clearance.partner.strategic IS 'introduced to customers by name';
COMMENT ON COLUMN clearance.partner.can_track_time IS 'its members may track time';
COMMENT ON COLUMN clearance.partner.kind IS 'integrator: delivers with a team of its own; contractor: single people';
COMMENT ON COLUMN clearance.partner.website IS 'address of its web site';

CREATE TABLE clearance.partner_logo (
    partner_id bigint NOT NULL CONSTRAINT logo_belongs_to_a_partner REFERENCES clearance.partner ON DELETE CASCADE,
    image      bytea  NOT NULL,
    media_type text   NOT NULL,
    CONSTRAINT partner_has_one_logo PRIMARY KEY (partner_id),
    CONSTRAINT logo_is_at_most_2_mb CHECK (octet_length(image) BETWEEN 1 AND 2 * 1024 * 1024),
    CONSTRAINT logo_is_a_picture CHECK (media_type IN ('image/png', 'image/jpeg', 'image/gif', 'image/webp'))
);
COMMENT ON TABLE clearance.partner_logo IS 'logos of partners; a table of its own, so that reading a partner does not read them';
COMMENT ON COLUMN clearance.partner_logo.partner_id IS 'the partner';
COMMENT ON COLUMN clearance.partner_logo.image IS 'the picture, of any width and height';
COMMENT ON COLUMN clearance.partner_logo.media_type IS 'what kind of picture: image/png …; formats that carry scripts are not among them';

CREATE TABLE clearance.partner_role (
    partner_id bigint NOT NULL CONSTRAINT partner_role_belongs_to_a_partner REFERENCES clearance.partner ON DELETE CASCADE,
    role_id    bigint NOT NULL CONSTRAINT partner_role_names_a_role REFERENCES clearance.role ON DELETE CASCADE,
    CONSTRAINT partner_role_is_selected_once PRIMARY KEY (partner_id, role_id)
);
COMMENT ON TABLE clearance.partner_role IS 'roles that were selected for a partner; its members hold only these';
COMMENT ON COLUMN clearance.partner_role.partner_id IS 'the partner';
COMMENT ON COLUMN clearance.partner_role.role_id IS 'a role its members may hold';

CREATE TABLE clearance.customer (
    id         bigint  GENERATED BY DEFAULT AS IDENTITY CONSTRAINT customer_id_is_unique PRIMARY KEY,
    account_id bigint  NOT NULL CONSTRAINT customer_belongs_to_an_account REFERENCES clearance.account ON DELETE CASCADE,
    name       text    NOT NULL,
    active     boolean NOT NULL DEFAULT true,
    kind       text    NOT NULL DEFAULT 'customer',
    CONSTRAINT customer_is_found_with_its_account UNIQUE (account_id, id),
    CONSTRAINT customer_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT customer_name_is_one_line CHECK (name !~ '[[:cntrl:]]'),
    CONSTRAINT customer_kind_is_known CHECK (kind IN ('customer', 'prospect'))
);
CREATE UNIQUE INDEX customer_name_is_unique_in_its_account ON clearance.customer (account_id, lower(name));
COMMENT ON TABLE clearance.customer IS 'companies for which projects are done';
COMMENT ON COLUMN clearance.customer.id IS 'internal id';
COMMENT ON COLUMN clearance.customer.account_id IS 'the account';
COMMENT ON COLUMN clearance.customer.name IS 'company name';
COMMENT ON COLUMN clearance.customer.active IS 'a disabled customer''s contacts have no standing';
COMMENT ON COLUMN clearance.customer.kind IS 'customer, or prospect: not one yet';

CREATE TABLE clearance.member (
    id            bigint  GENERATED BY DEFAULT AS IDENTITY CONSTRAINT member_id_is_unique PRIMARY KEY,
    account_id    bigint  NOT NULL CONSTRAINT member_belongs_to_an_account REFERENCES clearance.account ON DELETE CASCADE,
    key           text,
    email         text,
    name          text,
    partner_id    bigint,
    customer_id   bigint,
    partner_admin boolean NOT NULL DEFAULT false,
    named_admin   boolean NOT NULL DEFAULT false,
    status        text    NOT NULL DEFAULT 'active',
    disabled_by_vendor boolean NOT NULL DEFAULT false,
    kind          text    NOT NULL GENERATED ALWAYS AS
        (CASE WHEN partner_id IS NOT NULL THEN 'partner' WHEN customer_id IS NOT NULL THEN 'customer' ELSE 'vendor' END) STORED,
    CONSTRAINT member_key_is_unique_in_its_account UNIQUE (account_id, key),
    CONSTRAINT member_is_found_with_its_account UNIQUE (account_id, id),
    CONSTRAINT member_partner_is_of_its_account FOREIGN KEY (account_id, partner_id) REFERENCES clearance.partner (account_id, id),
    CONSTRAINT member_customer_is_of_its_account FOREIGN KEY (account_id, customer_id) REFERENCES clearance.customer (account_id, id),
    CONSTRAINT member_is_of_one_company CHECK (partner_id IS NULL OR customer_id IS NULL),
    CONSTRAINT only_partner_members_are_partner_admins CHECK (partner_id IS NOT NULL OR NOT partner_admin),
    CONSTRAINT named_admin_is_a_partner_admin CHECK (partner_admin OR NOT named_admin),
    CONSTRAINT member_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT member_name_is_one_line CHECK (name !~ '[[:cntrl:]]'),
    CONSTRAINT member_email_is_an_address CHECK (clearance.is_email(email)),
    CONSTRAINT member_status_is_known CHECK (status IN ('invited', 'active', 'disabled')),
    CONSTRAINT member_key_is_not_blank CHECK (btrim(key) <> ''),
    CONSTRAINT member_is_identified CHECK (key IS NOT NULL OR email IS NOT NULL)
);
CREATE UNIQUE INDEX member_email_is_unique_in_its_account ON clearance.member (account_id, lower(email));
CREATE UNIQUE INDEX partner_has_one_named_admin ON clearance.member (partner_id) WHERE named_admin;
CREATE INDEX member_of_partner ON clearance.member (partner_id) WHERE partner_id IS NOT NULL;
CREATE INDEX member_of_customer ON clearance.member (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX member_by_key ON clearance.member (key);
CREATE INDEX member_by_email ON clearance.member (lower(email));
COMMENT ON TABLE clearance.member IS 'people and services known to an account: vendor team, partner team, customer contacts';
COMMENT ON COLUMN clearance.member.id IS 'internal id; the actor setting holds it';
COMMENT ON COLUMN clearance.member.account_id IS 'the account; one person in two accounts is two members';
COMMENT ON COLUMN clearance.member.key IS 'the application''s user id as text, compared with owner, assignee … columns';
COMMENT ON COLUMN clearance.member.email IS 'e-mail address, compared without regard to case';
COMMENT ON COLUMN clearance.member.name IS 'name of the person or service';
COMMENT ON COLUMN clearance.member.partner_id IS 'the partner company, if any';
COMMENT ON COLUMN clearance.member.customer_id IS 'the customer company, if any';
COMMENT ON COLUMN clearance.member.partner_admin IS 'reaches every project of its partner; otherwise only those it is invited to';
COMMENT ON COLUMN clearance.member.disabled_by_vendor IS 'its own company cannot enable it again';
COMMENT ON COLUMN clearance.member.named_admin IS 'the admin whom the vendor named when it created the partner; stays so';
COMMENT ON COLUMN clearance.member.status IS 'invited, active or disabled; only active members have standing';
COMMENT ON COLUMN clearance.member.kind IS 'vendor, partner or customer';

CREATE TABLE clearance.member_role (
    member_id bigint NOT NULL CONSTRAINT member_role_belongs_to_a_member REFERENCES clearance.member ON DELETE CASCADE,
    role_id   bigint NOT NULL CONSTRAINT member_role_names_a_role REFERENCES clearance.role ON DELETE CASCADE,
    CONSTRAINT member_role_is_held_once PRIMARY KEY (member_id, role_id)
);
COMMENT ON TABLE clearance.member_role IS 'roles held; several add up';
COMMENT ON COLUMN clearance.member_role.member_id IS 'the holder';
COMMENT ON COLUMN clearance.member_role.role_id IS 'the role';

CREATE TABLE clearance.member_switch (
    member_id bigint NOT NULL CONSTRAINT switch_belongs_to_a_member REFERENCES clearance.member ON DELETE CASCADE,
    feature   text   NOT NULL,
    action    text   NOT NULL,
    CONSTRAINT switch_is_set_once PRIMARY KEY (member_id, feature, action),
    CONSTRAINT switch_names_an_action FOREIGN KEY (feature, action) REFERENCES clearance.action ON DELETE CASCADE
);
COMMENT ON TABLE clearance.member_switch IS 'actions switched on for one member beyond its levels';
COMMENT ON COLUMN clearance.member_switch.member_id IS 'the member';
COMMENT ON COLUMN clearance.member_switch.feature IS 'feature acted on';
COMMENT ON COLUMN clearance.member_switch.action IS 'action switched on';

CREATE TABLE clearance.partner_owner (
    account_id bigint NOT NULL,
    partner_id bigint NOT NULL CONSTRAINT partner_has_one_owner PRIMARY KEY,
    member_id  bigint NOT NULL,
    CONSTRAINT owned_partner_is_of_its_account FOREIGN KEY (account_id, partner_id) REFERENCES clearance.partner (account_id, id) ON DELETE CASCADE,
    CONSTRAINT partner_owner_is_of_its_account FOREIGN KEY (account_id, member_id) REFERENCES clearance.member (account_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE clearance.partner_owner IS 'who of the vendor''s team is in charge of a partner';
COMMENT ON COLUMN clearance.partner_owner.account_id IS 'account of both';
COMMENT ON COLUMN clearance.partner_owner.partner_id IS 'the partner';
COMMENT ON COLUMN clearance.partner_owner.member_id IS 'the vendor''s member in charge; without a role of its own nobody can be added to the partner';

CREATE TABLE clearance.invitation (
    member_id  bigint      NOT NULL CONSTRAINT invitation_is_the_members_only_one PRIMARY KEY
                           CONSTRAINT invitation_is_for_a_member REFERENCES clearance.member ON DELETE CASCADE,
    token_hash bytea       NOT NULL CONSTRAINT invitation_token_is_unique UNIQUE,
    invited_by bigint      CONSTRAINT inviter_is_a_member REFERENCES clearance.member ON DELETE SET NULL,
    sent_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT invitation_expires_after_it_was_sent CHECK (expires_at > sent_at)
);
COMMENT ON TABLE clearance.invitation IS 'invitations that are not accepted yet';
COMMENT ON COLUMN clearance.invitation.member_id IS 'the invited member';
COMMENT ON COLUMN clearance.invitation.token_hash IS 'SHA-256 of the token; the token itself is kept nowhere but in the outbox until it is sent';
COMMENT ON COLUMN clearance.invitation.invited_by IS 'who invited; NULL: an operator';
COMMENT ON COLUMN clearance.invitation.sent_at IS 'when it was sent, last';
COMMENT ON COLUMN clearance.invitation.expires_at IS 'first moment at which it cannot be accepted any more';

CREATE TABLE clearance.outbox (
    id         bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT mail_id_is_unique PRIMARY KEY,
    account_id bigint      NOT NULL CONSTRAINT mail_belongs_to_an_account REFERENCES clearance.account ON DELETE CASCADE,
    kind       text        NOT NULL,
    recipient  text        NOT NULL,
    payload    jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE clearance.outbox IS
'mail that the application has yet to send, tokens in clear: trusted roles take it with take_mail(), nobody else reads it, dumps leave it out';
COMMENT ON COLUMN clearance.outbox.id IS 'internal id';
COMMENT ON COLUMN clearance.outbox.account_id IS 'the account in whose name it is sent';
COMMENT ON COLUMN clearance.outbox.kind IS 'partner_invitation, customer_invitation or welcome';
COMMENT ON COLUMN clearance.outbox.recipient IS 'e-mail address';
COMMENT ON COLUMN clearance.outbox.payload IS 'what the mail says: names, token …';
COMMENT ON COLUMN clearance.outbox.created_at IS 'when it was put here';

CREATE TABLE clearance.resource (
    account_id      bigint  NOT NULL,
    member_id       bigint  NOT NULL CONSTRAINT resource_is_one_member PRIMARY KEY,
    supervisor_id   bigint  NOT NULL,
    schedulable     boolean NOT NULL DEFAULT true,
    skills          text[]  NOT NULL DEFAULT '{}',
    weekly_hours    numeric(5, 2) NOT NULL DEFAULT 40,
    available_from  date    NOT NULL DEFAULT '-infinity',
    available_until date    NOT NULL DEFAULT 'infinity',
    CONSTRAINT resource_member_is_of_its_account FOREIGN KEY (account_id, member_id) REFERENCES clearance.member (account_id, id) ON DELETE CASCADE,
    CONSTRAINT supervisor_is_of_its_account FOREIGN KEY (account_id, supervisor_id) REFERENCES clearance.member (account_id, id),
    CONSTRAINT nobody_supervises_itself CHECK (supervisor_id <> member_id),
    CONSTRAINT weekly_hours_fit_a_week CHECK (weekly_hours BETWEEN 0 AND 168),
    CONSTRAINT availability_ends_after_its_start CHECK (available_from <= available_until),
    CONSTRAINT skills_are_named CHECK (array_position(skills, NULL) IS NULL AND array_position(skills, '') IS NULL)
);
CREATE INDEX resource_of_supervisor ON clearance.resource (supervisor_id);
COMMENT ON TABLE clearance.resource IS 'people who can be scheduled: members with a supervisor and a profile';
COMMENT ON COLUMN clearance.resource.account_id IS 'account of both';
COMMENT ON COLUMN clearance.resource.member_id IS 'the member';
COMMENT ON COLUMN clearance.resource.supervisor_id IS 'who approves its timesheets';
COMMENT ON COLUMN clearance.resource.schedulable IS 'may be scheduled';
COMMENT ON COLUMN clearance.resource.skills IS 'what it can do; kept by itself';
COMMENT ON COLUMN clearance.resource.weekly_hours IS 'capacity; kept by itself';
COMMENT ON COLUMN clearance.resource.available_from IS 'first day it is available; kept by itself';
COMMENT ON COLUMN clearance.resource.available_until IS 'last day it is available; kept by itself';

CREATE TABLE clearance.rate (
    partner_id bigint  NOT NULL CONSTRAINT rate_belongs_to_a_partner REFERENCES clearance.partner ON DELETE CASCADE,
    kind       text    NOT NULL,
    valid_from date    NOT NULL,
    amount     numeric(12, 2) NOT NULL,
    currency   text    NOT NULL,
    CONSTRAINT rate_is_set_once_a_day PRIMARY KEY (partner_id, kind, valid_from),
    CONSTRAINT rate_kind_is_known CHECK (kind IN ('cost', 'bill')),
    CONSTRAINT rate_is_not_negative CHECK (amount >= 0 AND amount <> 'NaN'),
    CONSTRAINT currency_is_a_code CHECK (currency ~ '^[A-Z]{3}$')
);
COMMENT ON TABLE clearance.rate IS 'what an hour of a partner costs, and what it is billed at; the latest start counts';
COMMENT ON COLUMN clearance.rate.partner_id IS 'the partner';
COMMENT ON COLUMN clearance.rate.kind IS 'cost or bill';
COMMENT ON COLUMN clearance.rate.valid_from IS 'first day of the rate';
COMMENT ON COLUMN clearance.rate.amount IS 'price of an hour';
COMMENT ON COLUMN clearance.rate.currency IS 'ISO 4217 code';

CREATE TABLE clearance.project (
    id            bigint  GENERATED BY DEFAULT AS IDENTITY CONSTRAINT project_id_is_unique PRIMARY KEY,
    account_id    bigint  NOT NULL CONSTRAINT project_belongs_to_an_account REFERENCES clearance.account ON DELETE CASCADE,
    key           text    NOT NULL CONSTRAINT project_key_is_unique UNIQUE,
    archived      boolean NOT NULL DEFAULT false,
    portal        boolean NOT NULL DEFAULT false,
    client_upload boolean NOT NULL DEFAULT false,
    by_phase      boolean NOT NULL DEFAULT false,
    open_level_id integer CONSTRAINT open_level_exists REFERENCES clearance.level,
    has_row       boolean NOT NULL DEFAULT false,
    CONSTRAINT project_is_found_with_its_account UNIQUE (account_id, id),
    CONSTRAINT project_key_is_not_blank CHECK (key <> '')
);
COMMENT ON TABLE clearance.project IS 'projects of the application; a key belongs to one account only';
COMMENT ON COLUMN clearance.project.id IS 'internal id';
COMMENT ON COLUMN clearance.project.account_id IS 'the account';
COMMENT ON COLUMN clearance.project.key IS 'the application''s project id as text';
COMMENT ON COLUMN clearance.project.archived IS 'closed to all but those with project.view_archived, and read-only';
COMMENT ON COLUMN clearance.project.portal IS 'open to the contacts of its customers';
COMMENT ON COLUMN clearance.project.client_upload IS 'customer contacts may upload files';
COMMENT ON COLUMN clearance.project.by_phase IS 'partner members reach it only through a phase in which they take part';
COMMENT ON COLUMN clearance.project.open_level_id IS 'level of every active member of the level''s audience who has no other way in; NULL: not open';
COMMENT ON COLUMN clearance.project.has_row IS 'a protected table of projects has a row for it, with which it goes';

CREATE TABLE clearance.project_feature_off (
    project_id bigint NOT NULL CONSTRAINT feature_off_belongs_to_a_project REFERENCES clearance.project ON DELETE CASCADE,
    feature    text   NOT NULL CONSTRAINT feature_off_names_a_feature REFERENCES clearance.feature ON DELETE CASCADE,
    CONSTRAINT feature_is_switched_off_once PRIMARY KEY (project_id, feature)
);
COMMENT ON TABLE clearance.project_feature_off IS 'features switched off for a project';
COMMENT ON COLUMN clearance.project_feature_off.project_id IS 'the project';
COMMENT ON COLUMN clearance.project_feature_off.feature IS 'a feature that has no rows there, but for those with project.manage_tab_visibility';

CREATE TABLE clearance.project_partner (
    account_id bigint      NOT NULL,
    project_id bigint      NOT NULL,
    partner_id bigint      NOT NULL,
    level_id   integer     CONSTRAINT project_partner_level_exists REFERENCES clearance.level,
    starts_at  timestamptz NOT NULL DEFAULT '-infinity',
    ends_at    timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT partner_is_on_a_project_once PRIMARY KEY (project_id, partner_id),
    CONSTRAINT partnered_project_is_of_its_account FOREIGN KEY (account_id, project_id) REFERENCES clearance.project (account_id, id) ON DELETE CASCADE,
    CONSTRAINT project_partner_is_of_its_account FOREIGN KEY (account_id, partner_id) REFERENCES clearance.partner (account_id, id) ON DELETE CASCADE,
    CONSTRAINT partner_participation_ends_after_its_start CHECK (starts_at < ends_at)
);
CREATE INDEX project_of_partner ON clearance.project_partner (partner_id) INCLUDE (project_id, level_id, starts_at, ends_at);
COMMENT ON TABLE clearance.project_partner IS 'partners on projects';
COMMENT ON COLUMN clearance.project_partner.account_id IS 'account of both';
COMMENT ON COLUMN clearance.project_partner.project_id IS 'the project';
COMMENT ON COLUMN clearance.project_partner.partner_id IS 'the partner';
COMMENT ON COLUMN clearance.project_partner.level_id IS 'level of the partner''s members on this project; NULL: the next place decides';
COMMENT ON COLUMN clearance.project_partner.starts_at IS 'first moment it counts';
COMMENT ON COLUMN clearance.project_partner.ends_at IS 'first moment it no longer counts';

CREATE TABLE clearance.project_customer (
    account_id  bigint      NOT NULL,
    project_id  bigint      NOT NULL,
    customer_id bigint      NOT NULL,
    starts_at   timestamptz NOT NULL DEFAULT '-infinity',
    ends_at     timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT customer_is_on_a_project_once PRIMARY KEY (project_id, customer_id),
    CONSTRAINT customer_project_is_of_its_account FOREIGN KEY (account_id, project_id) REFERENCES clearance.project (account_id, id) ON DELETE CASCADE,
    CONSTRAINT project_customer_is_of_its_account FOREIGN KEY (account_id, customer_id) REFERENCES clearance.customer (account_id, id) ON DELETE CASCADE,
    CONSTRAINT customer_participation_ends_after_its_start CHECK (starts_at < ends_at)
);
CREATE INDEX project_of_customer ON clearance.project_customer (customer_id) INCLUDE (project_id, starts_at, ends_at);
COMMENT ON TABLE clearance.project_customer IS 'customers of projects';
COMMENT ON COLUMN clearance.project_customer.account_id IS 'account of both';
COMMENT ON COLUMN clearance.project_customer.project_id IS 'the project';
COMMENT ON COLUMN clearance.project_customer.customer_id IS 'the customer';
COMMENT ON COLUMN clearance.project_customer.starts_at IS 'first moment it counts';
COMMENT ON COLUMN clearance.project_customer.ends_at IS 'first moment it no longer counts';

CREATE TABLE clearance.project_member (
    account_id    bigint      NOT NULL,
    project_id    bigint      NOT NULL,
    member_id     bigint      NOT NULL,
    source        text        NOT NULL DEFAULT 'direct',
    through_phase boolean     NOT NULL DEFAULT false,
    is_owner      boolean     NOT NULL DEFAULT false,
    level_id      integer     CONSTRAINT project_member_level_exists REFERENCES clearance.level,
    starts_at     timestamptz NOT NULL DEFAULT '-infinity',
    ends_at       timestamptz NOT NULL DEFAULT 'infinity',
    partner_id    bigint,
    customer_id   bigint,
    CONSTRAINT membership_is_said_once_by_a_source PRIMARY KEY (project_id, member_id, source),
    CONSTRAINT membership_project_is_of_its_account FOREIGN KEY (account_id, project_id) REFERENCES clearance.project (account_id, id) ON DELETE CASCADE,
    CONSTRAINT project_member_is_of_its_account FOREIGN KEY (account_id, member_id) REFERENCES clearance.member (account_id, id) ON DELETE CASCADE,
    CONSTRAINT membership_ends_with_the_partners FOREIGN KEY (project_id, partner_id) REFERENCES clearance.project_partner ON DELETE CASCADE,
    CONSTRAINT membership_ends_with_the_customers FOREIGN KEY (project_id, customer_id) REFERENCES clearance.project_customer ON DELETE CASCADE,
    CONSTRAINT membership_source_is_not_blank CHECK (btrim(source) <> ''),
    CONSTRAINT membership_ends_after_its_start CHECK (starts_at < ends_at)
);
CREATE INDEX project_of_member ON clearance.project_member (member_id)
    INCLUDE (project_id, level_id, is_owner, through_phase, starts_at, ends_at);
COMMENT ON TABLE clearance.project_member IS 'memberships of projects; several sources may say one, and it lasts as long as one of them does';
COMMENT ON COLUMN clearance.project_member.account_id IS 'account of both';
COMMENT ON COLUMN clearance.project_member.project_id IS 'the project';
COMMENT ON COLUMN clearance.project_member.member_id IS 'the member';
COMMENT ON COLUMN clearance.project_member.source IS 'who says so: direct, or a name of the caller''s';
COMMENT ON COLUMN clearance.project_member.through_phase IS 'the member takes part in a phase of the project';
COMMENT ON COLUMN clearance.project_member.is_owner IS 'the member owns the project';
COMMENT ON COLUMN clearance.project_member.level_id IS 'level of the member on this project; NULL: the next place decides';
COMMENT ON COLUMN clearance.project_member.starts_at IS 'first moment it counts';
COMMENT ON COLUMN clearance.project_member.ends_at IS 'first moment it no longer counts';
COMMENT ON COLUMN clearance.project_member.partner_id IS 'the member''s partner, which was on the project when this was said: it ends with it';
COMMENT ON COLUMN clearance.project_member.customer_id IS 'the member''s customer, likewise';

CREATE TABLE clearance.allocation (
    id           bigint  GENERATED BY DEFAULT AS IDENTITY CONSTRAINT allocation_id_is_unique PRIMARY KEY,
    account_id   bigint  NOT NULL,
    project_id   bigint  NOT NULL,
    member_id    bigint  NOT NULL CONSTRAINT allocation_is_of_a_resource REFERENCES clearance.resource ON DELETE CASCADE,
    starts_on    date    NOT NULL,
    ends_on      date    NOT NULL,
    weekly_hours numeric(5, 2) NOT NULL,
    CONSTRAINT allocation_project_is_of_its_account FOREIGN KEY (account_id, project_id) REFERENCES clearance.project (account_id, id) ON DELETE CASCADE,
    CONSTRAINT allocated_member_is_of_its_account FOREIGN KEY (account_id, member_id) REFERENCES clearance.member (account_id, id) ON DELETE CASCADE,
    CONSTRAINT allocation_ends_after_its_start CHECK (starts_on <= ends_on),
    CONSTRAINT allocation_is_of_some_hours CHECK (weekly_hours > 0 AND weekly_hours <> 'NaN')
);
CREATE INDEX allocation_of_member ON clearance.allocation (member_id);
CREATE INDEX allocation_of_project ON clearance.allocation (project_id);
COMMENT ON TABLE clearance.allocation IS 'resources planned for projects, within their capacity';
COMMENT ON COLUMN clearance.allocation.id IS 'internal id';
COMMENT ON COLUMN clearance.allocation.account_id IS 'account of both';
COMMENT ON COLUMN clearance.allocation.project_id IS 'the project';
COMMENT ON COLUMN clearance.allocation.member_id IS 'the resource';
COMMENT ON COLUMN clearance.allocation.starts_on IS 'first day';
COMMENT ON COLUMN clearance.allocation.ends_on IS 'last day';
COMMENT ON COLUMN clearance.allocation.weekly_hours IS 'hours a week';

CREATE TABLE clearance.link (
    token_hash bytea       NOT NULL CONSTRAINT link_token_is_unique PRIMARY KEY,
    account_id bigint      NOT NULL,
    project_id bigint      NOT NULL,
    member_id  bigint      NOT NULL,
    subject    text        NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT link_project_is_of_its_account FOREIGN KEY (account_id, project_id) REFERENCES clearance.project (account_id, id) ON DELETE CASCADE,
    CONSTRAINT link_member_is_of_its_account FOREIGN KEY (account_id, member_id) REFERENCES clearance.member (account_id, id) ON DELETE CASCADE,
    CONSTRAINT link_subject_is_not_blank CHECK (btrim(subject) <> '')
);
CREATE INDEX link_of_subject ON clearance.link (project_id, subject);
COMMENT ON TABLE clearance.link IS 'links through which a customer''s contact reaches one thing without logging in';
COMMENT ON COLUMN clearance.link.token_hash IS 'SHA-256 of the token, which is kept nowhere';
COMMENT ON COLUMN clearance.link.account_id IS 'account of both';
COMMENT ON COLUMN clearance.link.project_id IS 'the project';
COMMENT ON COLUMN clearance.link.member_id IS 'the contact who acts through it';
COMMENT ON COLUMN clearance.link.subject IS 'what it is about, in words of the application''s: the key of a sign-off';
COMMENT ON COLUMN clearance.link.expires_at IS 'first moment at which it leads nowhere';

CREATE TABLE clearance.mirror (
    id             integer  GENERATED BY DEFAULT AS IDENTITY CONSTRAINT mirror_id_is_unique PRIMARY KEY,
    relation       regclass NOT NULL CONSTRAINT table_is_mirrored_once UNIQUE,
    key_columns    name[]   NOT NULL,
    project_column name     NOT NULL,
    member_column  name     NOT NULL,
    level_column   name,
    starts_column  name,
    ends_column    name,
    through_phase  boolean  NOT NULL DEFAULT false
);
COMMENT ON TABLE clearance.mirror IS 'tables of the application that say who is on which project';
COMMENT ON COLUMN clearance.mirror.id IS 'constant id; the source of its memberships holds it';
COMMENT ON COLUMN clearance.mirror.relation IS 'the mirrored table';
COMMENT ON COLUMN clearance.mirror.key_columns IS 'its primary key; each of its rows is a source of its own';
COMMENT ON COLUMN clearance.mirror.project_column IS 'column with the project''s key';
COMMENT ON COLUMN clearance.mirror.member_column IS 'column with the member''s key';
COMMENT ON COLUMN clearance.mirror.level_column IS 'column with the name of a level';
COMMENT ON COLUMN clearance.mirror.starts_column IS 'column with the first moment a membership counts';
COMMENT ON COLUMN clearance.mirror.ends_column IS 'column with the first moment it no longer counts';
COMMENT ON COLUMN clearance.mirror.through_phase IS 'its rows are participations in phases';

CREATE TABLE clearance.login_role (
    role       regrole NOT NULL CONSTRAINT login_role_is_mapped_once PRIMARY KEY,
    member_id  bigint  CONSTRAINT login_role_names_a_member REFERENCES clearance.member ON DELETE CASCADE,
    partner_id bigint  CONSTRAINT login_role_names_a_partner REFERENCES clearance.partner ON DELETE CASCADE,
    setting    text,
    claim      text,
    names      text,
    account_id bigint  CONSTRAINT login_role_account_exists REFERENCES clearance.account ON DELETE CASCADE,
    CONSTRAINT login_role_is_one_actor CHECK (num_nonnulls(member_id, partner_id, setting) = 1),
    CONSTRAINT only_a_setting_names_members CHECK ((setting IS NULL) = (names IS NULL)
        AND (setting IS NOT NULL OR num_nonnulls(claim, account_id) = 0)),
    CONSTRAINT setting_names_are_known CHECK (names IN ('id', 'key', 'email')),
    CONSTRAINT setting_is_a_custom_one CHECK (setting ~ '^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)+$' AND setting !~* '^clearance\.'),
    CONSTRAINT claim_is_not_blank CHECK (claim <> '')
);
COMMENT ON TABLE clearance.login_role IS 'login roles that are a member, a partner as a whole, or whom a setting names';
COMMENT ON COLUMN clearance.login_role.role IS 'the login role (session user)';
COMMENT ON COLUMN clearance.login_role.member_id IS 'the member it is';
COMMENT ON COLUMN clearance.login_role.partner_id IS 'the partner it is; such a login only views';
COMMENT ON COLUMN clearance.login_role.setting IS 'the setting in which a trusted application says who acts';
COMMENT ON COLUMN clearance.login_role.claim IS 'member of the JSON object that the setting holds; NULL: its whole value';
COMMENT ON COLUMN clearance.login_role.names IS 'what it holds of the member: id, key or email';
COMMENT ON COLUMN clearance.login_role.account_id IS 'account of the members that it may name; NULL: any';

CREATE TABLE clearance.token_key (
    kid        text        NOT NULL CONSTRAINT token_key_id_is_unique PRIMARY KEY,
    algorithm  text        NOT NULL,
    material   bytea       NOT NULL,
    issuer     text        NOT NULL,
    subject    text        NOT NULL DEFAULT 'key',
    account_id bigint      CONSTRAINT token_key_is_for_an_account REFERENCES clearance.account ON DELETE CASCADE,
    starts_at  timestamptz NOT NULL DEFAULT '-infinity',
    ends_at    timestamptz NOT NULL DEFAULT 'infinity',
    revoked_at timestamptz,
    CONSTRAINT token_key_id_is_not_blank CHECK (btrim(kid) <> ''),
    CONSTRAINT token_key_id_has_255_characters_at_most CHECK (length(kid) <= 255),
    CONSTRAINT token_key_algorithm_is_known CHECK (algorithm IN ('EdDSA', 'ES256', 'RS256', 'HS256')),
    CONSTRAINT token_key_issuer_is_not_blank CHECK (btrim(issuer) <> ''),
    CONSTRAINT token_key_subject_is_known CHECK (subject IN ('key', 'email')),
    CONSTRAINT token_key_ends_after_its_start CHECK (starts_at < ends_at)
);
COMMENT ON TABLE clearance.token_key IS 'keys that verify signed tokens; holds secrets: grant it to nobody';
COMMENT ON COLUMN clearance.token_key.kid IS 'id by which tokens name the key';
COMMENT ON COLUMN clearance.token_key.algorithm IS 'the one algorithm of its tokens';
COMMENT ON COLUMN clearance.token_key.material IS 'public key (DER), or the secret of HS256';
COMMENT ON COLUMN clearance.token_key.issuer IS 'who issues its tokens: their claim iss';
COMMENT ON COLUMN clearance.token_key.subject IS 'what their claim sub holds: a member''s key or email';
COMMENT ON COLUMN clearance.token_key.account_id IS 'account of the members it may name; NULL: any';
COMMENT ON COLUMN clearance.token_key.starts_at IS 'first moment it counts';
COMMENT ON COLUMN clearance.token_key.ends_at IS 'first moment it no longer counts';
COMMENT ON COLUMN clearance.token_key.revoked_at IS 'when it was revoked, for good; NULL: it was not';

-- ---------------------------------------------------------------------------
-- Protected tables
-- ---------------------------------------------------------------------------
-- Policies carry the id, and travel in dumps and copies. A number that no other
-- database gives takes none of them for a declaration of its own.
CREATE FUNCTION clearance.new_binding_id() RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    drawn integer;
BEGIN
    LOOP
        drawn := ('x' || left(gen_random_uuid()::text, 8))::bit(32)::integer & 2147483647;
        EXIT WHEN drawn > 0 AND NOT EXISTS (SELECT FROM clearance.binding b WHERE b.id = drawn);
    END LOOP;
    RETURN drawn;
END
$$;
REVOKE ALL ON FUNCTION clearance.new_binding_id() FROM PUBLIC;
COMMENT ON FUNCTION clearance.new_binding_id() IS 'a random number for a binding, from the server''s strong source of random bits';

-- Ids tell no order: this counts declarations, so that what is done to all tables is done in their order.
CREATE SEQUENCE clearance.binding_id_seq;

CREATE TABLE clearance.binding (
    id                       integer  NOT NULL DEFAULT clearance.new_binding_id() CONSTRAINT binding_id_is_unique PRIMARY KEY,
    relation                 regclass NOT NULL CONSTRAINT relation_is_bound_once UNIQUE,
    feature                  text     NOT NULL CONSTRAINT binding_names_a_feature REFERENCES clearance.feature,
    link_only                boolean  NOT NULL DEFAULT false,
    key_column               name,
    project_column           name,
    visibility_column        name,
    shared_values            text[],
    client_visibility_column name,
    account_column           name,
    owner_column             name,
    kind_column              name,
    published_column         name,
    publish_action           text,
    view_action              text     NOT NULL DEFAULT 'view',
    create_action            text     NOT NULL DEFAULT 'create',
    edit_action              text     NOT NULL DEFAULT 'edit',
    delete_action            text     NOT NULL DEFAULT 'delete',
    columns                  name[]   NOT NULL DEFAULT '{}',
    force                    boolean  NOT NULL DEFAULT true,
    had_rls                  boolean  NOT NULL DEFAULT false,
    had_force                boolean  NOT NULL DEFAULT false,
    declared                 bigint   NOT NULL DEFAULT nextval('clearance.binding_id_seq'),
    rows_outlived            boolean  NOT NULL DEFAULT false,
    CONSTRAINT binding_id_is_positive CHECK (id > 0)
);
COMMENT ON TABLE clearance.binding IS 'protected tables; the id is what their policies pass';
COMMENT ON COLUMN clearance.binding.id IS 'random, constant id of the binding';
COMMENT ON COLUMN clearance.binding.relation IS 'the protected table; partitions and children share the binding';
COMMENT ON COLUMN clearance.binding.feature IS 'feature of its rows; of a link table, the feature of its target';
COMMENT ON COLUMN clearance.binding.link_only IS 'a link table that relate() protected';
COMMENT ON COLUMN clearance.binding.key_column IS 'key of a row, for parents, links and answers';
COMMENT ON COLUMN clearance.binding.project_column IS 'project of a row; NULL: the project of its parent';
COMMENT ON COLUMN clearance.binding.visibility_column IS 'privacy of a row; NULL: every row counts as shared';
COMMENT ON COLUMN clearance.binding.shared_values IS 'values of the visibility column that mean shared';
COMMENT ON COLUMN clearance.binding.client_visibility_column IS 'hidden, read or edit: what customers may do with a row';
COMMENT ON COLUMN clearance.binding.account_column IS 'account of a row, compared with clearance.account.key';
COMMENT ON COLUMN clearance.binding.owner_column IS 'key of the member who created a row';
COMMENT ON COLUMN clearance.binding.kind_column IS 'kind of a row, for grants limited to kinds';
COMMENT ON COLUMN clearance.binding.published_column IS 'a row is a draft until this moment';
COMMENT ON COLUMN clearance.binding.publish_action IS 'action that setting the published column needs';
COMMENT ON COLUMN clearance.binding.view_action IS 'action that SELECT needs';
COMMENT ON COLUMN clearance.binding.create_action IS 'action that INSERT needs';
COMMENT ON COLUMN clearance.binding.edit_action IS 'action that UPDATE needs';
COMMENT ON COLUMN clearance.binding.delete_action IS 'action that DELETE needs';
COMMENT ON COLUMN clearance.binding.columns IS 'columns that the policies pass, in this order';
COMMENT ON COLUMN clearance.binding.declared IS 'counts declarations; an earlier table has a lower number';
COMMENT ON COLUMN clearance.binding.force IS 'row security binds the table''s owner too';
COMMENT ON COLUMN clearance.binding.rows_outlived IS 'rows may be left of projects that are gone, whatever foreign keys say; see clearance.repair()';
COMMENT ON COLUMN clearance.binding.had_rls IS 'row security was enabled before protect(); unprotect() restores it';
COMMENT ON COLUMN clearance.binding.had_force IS 'row security was forced before protect(); unprotect() restores it';

CREATE TABLE clearance.binding_relation (
    id            integer  GENERATED BY DEFAULT AS IDENTITY CONSTRAINT relation_id_is_unique PRIMARY KEY,
    binding_id    integer  NOT NULL CONSTRAINT relation_belongs_to_a_binding REFERENCES clearance.binding ON DELETE CASCADE,
    kind          text     NOT NULL,
    member_column name,
    link          regclass,
    link_column   name,
    row_column    name,
    CONSTRAINT relation_kind_is_known CHECK (kind IN ('assigned', 'followed', 'invited', 'own', 'assigned_task')),
    CONSTRAINT relation_has_a_source CHECK (member_column IS NOT NULL OR link IS NOT NULL)
);
COMMENT ON TABLE clearance.binding_relation IS 'how a member is related to a row; several of one kind add up';
COMMENT ON COLUMN clearance.binding_relation.id IS 'internal id';
COMMENT ON COLUMN clearance.binding_relation.binding_id IS 'the protected table';
COMMENT ON COLUMN clearance.binding_relation.kind IS 'assigned, followed, invited, own or assigned_task';
COMMENT ON COLUMN clearance.binding_relation.member_column IS 'column (or array column) of member keys: of the link table if there is one, else of the table itself';
COMMENT ON COLUMN clearance.binding_relation.link IS 'link table, or the protected table through which assigned_task goes';
COMMENT ON COLUMN clearance.binding_relation.link_column IS 'column of the link table that names the row';
COMMENT ON COLUMN clearance.binding_relation.row_column IS 'column of the table that the link column refers to';

CREATE TABLE clearance.binding_parent (
    id            integer GENERATED BY DEFAULT AS IDENTITY CONSTRAINT parent_id_is_unique PRIMARY KEY,
    binding_id    integer NOT NULL CONSTRAINT parent_belongs_to_a_binding REFERENCES clearance.binding ON DELETE CASCADE,
    column_name   name    NOT NULL,
    parent_id     integer NOT NULL CONSTRAINT parent_is_bound REFERENCES clearance.binding,
    type_column   name,
    type_value    text,
    optional      boolean NOT NULL DEFAULT false,
    CONSTRAINT parent_type_is_complete CHECK ((type_column IS NULL) = (type_value IS NULL))
);
CREATE UNIQUE INDEX parent_is_named_once ON clearance.binding_parent
    (binding_id, column_name, parent_id, coalesce(type_value, ''));
COMMENT ON TABLE clearance.binding_parent IS 'parent rows that must be visible too';
COMMENT ON COLUMN clearance.binding_parent.id IS 'internal id';
COMMENT ON COLUMN clearance.binding_parent.binding_id IS 'the protected table (child)';
COMMENT ON COLUMN clearance.binding_parent.column_name IS 'column of the child that holds the parent''s key';
COMMENT ON COLUMN clearance.binding_parent.parent_id IS 'the protected parent table';
COMMENT ON COLUMN clearance.binding_parent.type_column IS 'column of the child that tells which table the parent is in';
COMMENT ON COLUMN clearance.binding_parent.type_value IS 'value of the type column for this parent';
COMMENT ON COLUMN clearance.binding_parent.optional IS 'a row without this parent is judged without it';

CREATE TABLE clearance.binding_guard (
    binding_id  integer NOT NULL CONSTRAINT guard_belongs_to_a_binding REFERENCES clearance.binding ON DELETE CASCADE,
    column_name name    NOT NULL,
    feature     text    NOT NULL,
    action      text    NOT NULL,
    new_value   text,
    CONSTRAINT guard_names_an_action FOREIGN KEY (feature, action) REFERENCES clearance.action
);
CREATE UNIQUE INDEX guard_stands_once ON clearance.binding_guard (binding_id, column_name, coalesce(new_value, ''));
COMMENT ON TABLE clearance.binding_guard IS 'columns whose change needs an action of its own';
COMMENT ON COLUMN clearance.binding_guard.binding_id IS 'the protected table';
COMMENT ON COLUMN clearance.binding_guard.column_name IS 'the guarded column';
COMMENT ON COLUMN clearance.binding_guard.feature IS 'feature of the action';
COMMENT ON COLUMN clearance.binding_guard.action IS 'action that a change of the column needs';
COMMENT ON COLUMN clearance.binding_guard.new_value IS 'the guard is about changes to this value only; NULL: to any value without a guard of its own';

CREATE TABLE clearance.protected_name (
    name     text     CONSTRAINT name_is_noted_once PRIMARY KEY,
    relation regclass NOT NULL
);
COMMENT ON TABLE clearance.protected_name IS 'names that protected tables have, or had';
COMMENT ON COLUMN clearance.protected_name.name IS 'name with its schema';
COMMENT ON COLUMN clearance.protected_name.relation IS 'the table that had it last while it was protected; it may be gone';

-- Whoever declares something holds the row until its transaction ends, so that
-- declarations are checked against each other one after the other. A row, not a
-- table lock: where a transaction's snapshot is too old to check, it is an error.
CREATE TABLE clearance.declaring (
    alone boolean NOT NULL DEFAULT true CONSTRAINT one_declares_at_a_time PRIMARY KEY CHECK (alone)
);
INSERT INTO clearance.declaring DEFAULT VALUES;
COMMENT ON TABLE clearance.declaring IS 'one row, held by the transaction that declares something';
COMMENT ON COLUMN clearance.declaring.alone IS 'true';

-- What a dump must hold: everything but what CREATE EXTENSION creates again.
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN VALUES
        ('clearance.feature', 'WHERE NOT built_in'),
        ('clearance.action', 'WHERE NOT built_in'),
        ('clearance.level', 'WHERE NOT built_in'),
        ('clearance.level_grant', 'WHERE NOT built_in'),
        ('clearance.level_denial', 'WHERE NOT built_in'),
        ('clearance.not_available', 'WHERE NOT built_in'),
        ('clearance.gate', 'WHERE NOT built_in'),
        ('clearance.account', ''),
        ('clearance.role', 'WHERE NOT built_in'),
        ('clearance.partner', ''),
        ('clearance.partner_logo', ''),
        ('clearance.partner_role', ''),
        ('clearance.customer', ''),
        ('clearance.member', ''),
        ('clearance.member_role', ''),
        ('clearance.member_switch', ''),
        ('clearance.partner_owner', ''),
        ('clearance.invitation', ''),
        ('clearance.resource', ''),
        ('clearance.rate', ''),
        ('clearance.project', ''),
        ('clearance.project_feature_off', ''),
        ('clearance.project_partner', ''),
        ('clearance.project_customer', ''),
        ('clearance.project_member', ''),
        ('clearance.allocation', ''),
        ('clearance.link', ''),
        ('clearance.mirror', ''),
        -- a role that was dropped would come back as a number, which may be another's
        ('clearance.login_role', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = role)'),
        ('clearance.token_key', ''),
        ('clearance.binding', ''),
        ('clearance.binding_relation', ''),
        ('clearance.binding_parent', ''),
        ('clearance.binding_guard', ''),
        ('clearance.protected_name', 'WHERE relation IN (SELECT b.relation FROM clearance.binding b)'),
        ('clearance.level_id_seq', ''),
        ('clearance.account_id_seq', ''),
        ('clearance.role_id_seq', ''),
        ('clearance.partner_id_seq', ''),
        ('clearance.customer_id_seq', ''),
        ('clearance.member_id_seq', ''),
        ('clearance.project_id_seq', ''),
        ('clearance.allocation_id_seq', ''),
        ('clearance.mirror_id_seq', ''),
        ('clearance.binding_id_seq', ''),
        ('clearance.binding_relation_id_seq', ''),
        ('clearance.binding_parent_id_seq', '')
    LOOP
        PERFORM pg_catalog.pg_extension_config_dump(t.column1::regclass, t.column2);
    END LOOP;
END
$$;

-- Built-in level data, generated from src/data/*.csv by level_data.awk.
CREATE TABLE clearance.staged_account_matrix (feature text, action text, role text, verdict text, scope text);
INSERT INTO clearance.staged_account_matrix VALUES
    ('project', 'create', 'account_admin', 'can', NULL),
    ('project', 'create', 'super_user', 'can', NULL),
    ('project', 'create', 'collaborator', 'cannot', NULL),
    ('project', 'view', 'account_admin', 'can', NULL),
    ('project', 'view', 'super_user', 'can', 'global'),
    ('project', 'view', 'collaborator', 'can', NULL),
    ('project', 'edit', 'account_admin', 'can', NULL),
    ('project', 'edit', 'super_user', 'can', NULL),
    ('project', 'edit', 'collaborator', 'cannot', NULL),
    ('project', 'invite_team_members', 'account_admin', 'can', NULL),
    ('project', 'invite_team_members', 'super_user', 'can', NULL),
    ('project', 'invite_team_members', 'collaborator', 'can', NULL),
    ('project', 'invite_customer_team_members', 'account_admin', 'can', NULL),
    ('project', 'invite_customer_team_members', 'super_user', 'can', NULL),
    ('project', 'invite_customer_team_members', 'collaborator', 'can', NULL),
    ('project', 'add_partners', 'account_admin', 'can', NULL),
    ('project', 'add_partners', 'super_user', 'can', NULL),
    ('project', 'add_partners', 'collaborator', 'cannot', NULL),
    ('project', 'edit_customer_domains', 'account_admin', 'can', NULL),
    ('project', 'edit_customer_domains', 'super_user', 'can', NULL),
    ('project', 'edit_customer_domains', 'collaborator', 'cannot', NULL),
    ('project', 'set_visibility', 'account_admin', 'can', NULL),
    ('project', 'set_visibility', 'super_user', 'can', NULL),
    ('project', 'set_visibility', 'collaborator', 'cannot', NULL),
    ('project', 'delete', 'account_admin', 'can', NULL),
    ('project', 'delete', 'super_user', 'can', NULL),
    ('project', 'delete', 'collaborator', 'cannot', NULL),
    ('project', 'view_archived', 'account_admin', 'can', NULL),
    ('project', 'view_archived', 'super_user', 'can', NULL),
    ('project', 'view_archived', 'collaborator', 'cannot', NULL),
    ('project', 'manage_tab_visibility', 'account_admin', 'can', NULL),
    ('project', 'manage_tab_visibility', 'super_user', 'can', NULL),
    ('project', 'manage_tab_visibility', 'collaborator', 'cannot', NULL),
    ('project', 'associate_permissions_to_team_member', 'account_admin', 'can', NULL),
    ('project', 'associate_permissions_to_team_member', 'super_user', 'can', NULL),
    ('project', 'associate_permissions_to_team_member', 'collaborator', 'cannot', NULL),
    ('project', 'edit_actual_start_date', 'account_admin', 'can', NULL),
    ('project', 'edit_actual_start_date', 'super_user', 'cannot', NULL),
    ('project', 'edit_actual_start_date', 'collaborator', 'cannot', NULL),
    ('project', 'edit_actual_completed_date', 'account_admin', 'can', NULL),
    ('project', 'edit_actual_completed_date', 'super_user', 'cannot', NULL),
    ('project', 'edit_actual_completed_date', 'collaborator', 'cannot', NULL),
    ('phase', 'create', 'account_admin', 'can', NULL),
    ('phase', 'create', 'super_user', 'can', NULL),
    ('phase', 'create', 'collaborator', 'can', NULL),
    ('phase', 'manage_visibility', 'account_admin', 'can', NULL),
    ('phase', 'manage_visibility', 'super_user', 'can', 'both'),
    ('phase', 'manage_visibility', 'collaborator', 'can', 'both'),
    ('phase', 'edit_name', 'account_admin', 'can', NULL),
    ('phase', 'edit_name', 'super_user', 'can', NULL),
    ('phase', 'edit_name', 'collaborator', 'can', NULL),
    ('phase', 'edit_dates', 'account_admin', 'can', NULL),
    ('phase', 'edit_dates', 'super_user', 'can', NULL),
    ('phase', 'edit_dates', 'collaborator', 'can', NULL),
    ('phase', 'edit_effort', 'account_admin', 'can', NULL),
    ('phase', 'edit_effort', 'super_user', 'can', NULL),
    ('phase', 'edit_effort', 'collaborator', 'can', NULL),
    ('phase', 'delete', 'account_admin', 'can', NULL),
    ('phase', 'delete', 'super_user', 'can', NULL),
    ('phase', 'delete', 'collaborator', 'can', NULL),
    ('task', 'view', 'account_admin', 'can', NULL),
    ('task', 'view', 'super_user', 'can', 'private_and_shared'),
    ('task', 'view', 'collaborator', 'can', 'private_and_shared'),
    ('task', 'create', 'account_admin', 'can', NULL),
    ('task', 'create', 'super_user', 'can', 'private_and_shared'),
    ('task', 'create', 'collaborator', 'can', 'private_and_shared'),
    ('task', 'delete', 'account_admin', 'can', NULL),
    ('task', 'delete', 'super_user', 'can', 'private_and_shared'),
    ('task', 'delete', 'collaborator', 'can', 'private_and_shared'),
    ('task', 'edit_assignee', 'account_admin', 'can', NULL),
    ('task', 'edit_assignee', 'super_user', 'can', NULL),
    ('task', 'edit_assignee', 'collaborator', 'can', NULL),
    ('task', 'edit_status', 'account_admin', 'can', NULL),
    ('task', 'edit_status', 'super_user', 'can', NULL),
    ('task', 'edit_status', 'collaborator', 'can', NULL),
    ('task', 'edit_start_date', 'account_admin', 'can', NULL),
    ('task', 'edit_start_date', 'super_user', 'can', NULL),
    ('task', 'edit_start_date', 'collaborator', 'can', NULL),
    ('task', 'edit_due_date', 'account_admin', 'can', NULL),
    ('task', 'edit_due_date', 'super_user', 'can', NULL),
    ('task', 'edit_due_date', 'collaborator', 'can', NULL),
    ('task', 'edit_name', 'account_admin', 'can', NULL),
    ('task', 'edit_name', 'super_user', 'can', NULL),
    ('task', 'edit_name', 'collaborator', 'can', NULL),
    ('task', 'edit_description', 'account_admin', 'can', NULL),
    ('task', 'edit_description', 'super_user', 'can', NULL),
    ('task', 'edit_description', 'collaborator', 'can', NULL),
    ('task', 'edit_effort', 'account_admin', 'can', NULL),
    ('task', 'edit_effort', 'super_user', 'can', NULL),
    ('task', 'edit_effort', 'collaborator', 'can', NULL),
    ('task', 'edit_progress', 'account_admin', 'can', NULL),
    ('task', 'edit_progress', 'super_user', 'can', NULL),
    ('task', 'edit_progress', 'collaborator', 'can', NULL),
    ('task', 'edit_priority', 'account_admin', 'can', NULL),
    ('task', 'edit_priority', 'super_user', 'can', NULL),
    ('task', 'edit_priority', 'collaborator', 'can', NULL),
    ('task', 'send_messages', 'account_admin', 'can', NULL),
    ('task', 'send_messages', 'super_user', 'can', NULL),
    ('task', 'send_messages', 'collaborator', 'can', NULL),
    ('task', 'convert_to_milestone', 'account_admin', 'can', NULL),
    ('task', 'convert_to_milestone', 'super_user', 'can', NULL),
    ('task', 'convert_to_milestone', 'collaborator', 'cannot', NULL),
    ('task', 'mark_at_risk', 'account_admin', 'can', NULL),
    ('task', 'mark_at_risk', 'super_user', 'can', NULL),
    ('task', 'mark_at_risk', 'collaborator', 'can', NULL),
    ('task', 'mark_private', 'account_admin', 'can', NULL),
    ('task', 'mark_private', 'super_user', 'can', NULL),
    ('task', 'mark_private', 'collaborator', 'can', NULL),
    ('task', 'move_across_phases', 'account_admin', 'can', NULL),
    ('task', 'move_across_phases', 'super_user', 'can', NULL),
    ('task', 'move_across_phases', 'collaborator', 'can', NULL),
    ('task', 'request_approval', 'account_admin', 'can', NULL),
    ('task', 'request_approval', 'super_user', 'can', NULL),
    ('task', 'request_approval', 'collaborator', 'can', NULL),
    ('task', 'manage_attachments', 'account_admin', 'can', NULL),
    ('task', 'manage_attachments', 'super_user', 'can', NULL),
    ('task', 'manage_attachments', 'collaborator', 'can', NULL),
    ('task', 'manage_subtasks', 'account_admin', 'can', NULL),
    ('task', 'manage_subtasks', 'super_user', 'can', NULL),
    ('task', 'manage_subtasks', 'collaborator', 'can', NULL),
    ('task', 'manage_dependencies', 'account_admin', 'can', NULL),
    ('task', 'manage_dependencies', 'super_user', 'can', NULL),
    ('task', 'manage_dependencies', 'collaborator', 'can', NULL),
    ('task', 'edit_completed_on_date', 'account_admin', 'can', NULL),
    ('task', 'edit_completed_on_date', 'super_user', 'cannot', NULL),
    ('task', 'edit_completed_on_date', 'collaborator', 'cannot', NULL),
    ('task', 'edit_started_on_date', 'account_admin', 'can', NULL),
    ('task', 'edit_started_on_date', 'super_user', 'cannot', NULL),
    ('task', 'edit_started_on_date', 'collaborator', 'cannot', NULL),
    ('account', 'view', 'account_admin', 'can', NULL),
    ('account', 'view', 'super_user', 'can', 'global'),
    ('account', 'view', 'collaborator', 'can', NULL),
    ('account', 'create', 'account_admin', 'can', NULL),
    ('account', 'create', 'super_user', 'can', NULL),
    ('account', 'create', 'collaborator', 'cannot', NULL),
    ('account', 'edit', 'account_admin', 'can', NULL),
    ('account', 'edit', 'super_user', 'can', NULL),
    ('account', 'edit', 'collaborator', 'cannot', NULL),
    ('account', 'merge', 'account_admin', 'can', NULL),
    ('account', 'merge', 'super_user', 'can', NULL),
    ('account', 'merge', 'collaborator', 'not_available', NULL),
    ('account', 'delete', 'account_admin', 'can', NULL),
    ('account', 'delete', 'super_user', 'can', NULL),
    ('account', 'delete', 'collaborator', 'cannot', NULL),
    ('account', 'manage_billing_addresses', 'account_admin', 'can', NULL),
    ('account', 'manage_billing_addresses', 'super_user', 'can', NULL),
    ('account', 'manage_billing_addresses', 'collaborator', 'cannot', NULL),
    ('account_field', 'view_values', 'account_admin', 'can', NULL),
    ('account_field', 'view_values', 'super_user', 'can', 'global'),
    ('account_field', 'view_values', 'collaborator', 'can', NULL),
    ('account_field', 'view_notes', 'account_admin', 'can', NULL),
    ('account_field', 'view_notes', 'super_user', 'can', NULL),
    ('account_field', 'view_notes', 'collaborator', 'can', NULL),
    ('account_field', 'edit_notes', 'account_admin', 'can', NULL),
    ('account_field', 'edit_notes', 'super_user', 'can', NULL),
    ('account_field', 'edit_notes', 'collaborator', 'can', NULL),
    ('account_field', 'manage_settings', 'account_admin', 'can', NULL),
    ('account_field', 'manage_settings', 'super_user', 'cannot', NULL),
    ('account_field', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('account_field', 'create_fields', 'account_admin', 'can', NULL),
    ('account_field', 'create_fields', 'super_user', 'cannot', NULL),
    ('account_field', 'create_fields', 'collaborator', 'not_available', NULL),
    ('account_field', 'edit_fields', 'account_admin', 'can', NULL),
    ('account_field', 'edit_fields', 'super_user', 'cannot', NULL),
    ('account_field', 'edit_fields', 'collaborator', 'not_available', NULL),
    ('account_field', 'delete_fields', 'account_admin', 'can', NULL),
    ('account_field', 'delete_fields', 'super_user', 'cannot', NULL),
    ('account_field', 'delete_fields', 'collaborator', 'not_available', NULL),
    ('account_field', 'create_sections', 'account_admin', 'can', NULL),
    ('account_field', 'create_sections', 'super_user', 'cannot', NULL),
    ('account_field', 'create_sections', 'collaborator', 'not_available', NULL),
    ('account_field', 'edit_sections', 'account_admin', 'can', NULL),
    ('account_field', 'edit_sections', 'super_user', 'cannot', NULL),
    ('account_field', 'edit_sections', 'collaborator', 'not_available', NULL),
    ('account_field', 'delete_sections', 'account_admin', 'can', NULL),
    ('account_field', 'delete_sections', 'super_user', 'cannot', NULL),
    ('account_field', 'delete_sections', 'collaborator', 'not_available', NULL),
    ('account_field', 'edit_values', 'account_admin', 'can', NULL),
    ('account_field', 'edit_values', 'super_user', 'cannot', NULL),
    ('account_field', 'edit_values', 'collaborator', 'cannot', NULL),
    ('space', 'view_documents', 'account_admin', 'can', NULL),
    ('space', 'view_documents', 'super_user', 'can', NULL),
    ('space', 'view_documents', 'collaborator', 'can', NULL),
    ('space', 'edit_documents', 'account_admin', 'can', NULL),
    ('space', 'edit_documents', 'super_user', 'can', NULL),
    ('space', 'edit_documents', 'collaborator', 'can', NULL),
    ('space', 'rearrange_documents', 'account_admin', 'can', NULL),
    ('space', 'rearrange_documents', 'super_user', 'can', NULL),
    ('space', 'rearrange_documents', 'collaborator', 'can', NULL),
    ('space', 'delete_documents', 'account_admin', 'can', NULL),
    ('space', 'delete_documents', 'super_user', 'can', NULL),
    ('space', 'delete_documents', 'collaborator', 'cannot', NULL),
    ('space', 'edit_embedded_document_urls', 'account_admin', 'can', NULL),
    ('space', 'edit_embedded_document_urls', 'super_user', 'can', NULL),
    ('space', 'edit_embedded_document_urls', 'collaborator', 'can', NULL),
    ('space', 'create_spaces', 'account_admin', 'can', NULL),
    ('space', 'create_spaces', 'super_user', 'can', 'private_and_shared'),
    ('space', 'create_spaces', 'collaborator', 'can', NULL),
    ('space', 'create_documents', 'account_admin', 'can', NULL),
    ('space', 'create_documents', 'super_user', 'can', NULL),
    ('space', 'create_documents', 'collaborator', 'can', NULL),
    ('space', 'embed_urls', 'account_admin', 'can', NULL),
    ('space', 'embed_urls', 'super_user', 'can', NULL),
    ('space', 'embed_urls', 'collaborator', 'can', NULL),
    ('space', 'delete_spaces', 'account_admin', 'can', NULL),
    ('space', 'delete_spaces', 'super_user', 'can', NULL),
    ('space', 'delete_spaces', 'collaborator', 'can', NULL),
    ('chat', 'view_conversations', 'account_admin', 'can', NULL),
    ('chat', 'view_conversations', 'super_user', 'can', 'private_and_shared'),
    ('chat', 'view_conversations', 'collaborator', 'can', 'private_and_shared'),
    ('chat', 'create_conversations', 'account_admin', 'can', NULL),
    ('chat', 'create_conversations', 'super_user', 'can', 'private_and_shared'),
    ('chat', 'create_conversations', 'collaborator', 'can', 'private_and_shared'),
    ('chat', 'edit_conversations', 'account_admin', 'can', NULL),
    ('chat', 'edit_conversations', 'super_user', 'can', 'private_and_shared'),
    ('chat', 'edit_conversations', 'collaborator', 'can', 'private_and_shared'),
    ('chat', 'delete_conversations', 'account_admin', 'can', NULL),
    ('chat', 'delete_conversations', 'super_user', 'can', 'private_and_shared'),
    ('chat', 'delete_conversations', 'collaborator', 'can', 'private_and_shared'),
    ('chat', 'send_messages', 'account_admin', 'can', NULL),
    ('chat', 'send_messages', 'super_user', 'can', NULL),
    ('chat', 'send_messages', 'collaborator', 'can', NULL),
    ('chat', 'invite_team_members', 'account_admin', 'can', NULL),
    ('chat', 'invite_team_members', 'super_user', 'can', NULL),
    ('chat', 'invite_team_members', 'collaborator', 'can', NULL),
    ('chat', 'edit_name', 'account_admin', 'can', NULL),
    ('chat', 'edit_name', 'super_user', 'can', NULL),
    ('chat', 'edit_name', 'collaborator', 'can', NULL),
    ('chat', 'edit_description', 'account_admin', 'can', NULL),
    ('chat', 'edit_description', 'super_user', 'can', NULL),
    ('chat', 'edit_description', 'collaborator', 'can', NULL),
    ('file_and_folder', 'view_files', 'account_admin', 'can', NULL),
    ('file_and_folder', 'view_files', 'super_user', 'can', NULL),
    ('file_and_folder', 'view_files', 'collaborator', 'can', NULL),
    ('file_and_folder', 'view_folders', 'account_admin', 'can', NULL),
    ('file_and_folder', 'view_folders', 'super_user', 'can', NULL),
    ('file_and_folder', 'view_folders', 'collaborator', 'can', NULL),
    ('file_and_folder', 'create_folders', 'account_admin', 'can', NULL),
    ('file_and_folder', 'create_folders', 'super_user', 'can', 'private_and_shared'),
    ('file_and_folder', 'create_folders', 'collaborator', 'can', NULL),
    ('file_and_folder', 'upload_files', 'account_admin', 'can', NULL),
    ('file_and_folder', 'upload_files', 'super_user', 'can', 'private_and_shared'),
    ('file_and_folder', 'upload_files', 'collaborator', 'can', NULL),
    ('status_update', 'view_published', 'account_admin', 'can', NULL),
    ('status_update', 'view_published', 'super_user', 'can', NULL),
    ('status_update', 'view_published', 'collaborator', 'can', NULL),
    ('status_update', 'create', 'account_admin', 'can', NULL),
    ('status_update', 'create', 'super_user', 'can', 'private_and_shared'),
    ('status_update', 'create', 'collaborator', 'can', NULL),
    ('status_update', 'publish', 'account_admin', 'can', NULL),
    ('status_update', 'publish', 'super_user', 'can', 'private_and_shared'),
    ('status_update', 'publish', 'collaborator', 'can', NULL),
    ('form_response', 'edit', 'account_admin', 'can', NULL),
    ('form_response', 'edit', 'super_user', 'can', NULL),
    ('form_response', 'edit', 'collaborator', 'can', NULL),
    ('sprint', 'create', 'account_admin', 'can', NULL),
    ('sprint', 'create', 'super_user', 'can', NULL),
    ('sprint', 'create', 'collaborator', 'cannot', NULL),
    ('sprint', 'manage', 'account_admin', 'can', NULL),
    ('sprint', 'manage', 'super_user', 'can', NULL),
    ('sprint', 'manage', 'collaborator', 'cannot', NULL),
    ('sprint', 'delete', 'account_admin', 'can', NULL),
    ('sprint', 'delete', 'super_user', 'can', NULL),
    ('sprint', 'delete', 'collaborator', 'cannot', NULL),
    ('sprint', 'manage_settings', 'account_admin', 'can', NULL),
    ('sprint', 'manage_settings', 'super_user', 'cannot', NULL),
    ('sprint', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('epic', 'create', 'account_admin', 'can', NULL),
    ('epic', 'create', 'super_user', 'can', NULL),
    ('epic', 'create', 'collaborator', 'cannot', NULL),
    ('epic', 'manage', 'account_admin', 'can', NULL),
    ('epic', 'manage', 'super_user', 'can', NULL),
    ('epic', 'manage', 'collaborator', 'cannot', NULL),
    ('epic', 'delete', 'account_admin', 'can', NULL),
    ('epic', 'delete', 'super_user', 'can', NULL),
    ('epic', 'delete', 'collaborator', 'cannot', NULL),
    ('epic', 'manage_settings', 'account_admin', 'can', NULL),
    ('epic', 'manage_settings', 'super_user', 'can', NULL),
    ('epic', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('backlog', 'create', 'account_admin', 'can', NULL),
    ('backlog', 'create', 'super_user', 'can', NULL),
    ('backlog', 'create', 'collaborator', 'cannot', NULL),
    ('backlog', 'manage', 'account_admin', 'can', NULL),
    ('backlog', 'manage', 'super_user', 'can', NULL),
    ('backlog', 'manage', 'collaborator', 'cannot', NULL),
    ('backlog', 'delete', 'account_admin', 'can', NULL),
    ('backlog', 'delete', 'super_user', 'can', NULL),
    ('backlog', 'delete', 'collaborator', 'cannot', NULL),
    ('template', 'create', 'account_admin', 'can', NULL),
    ('template', 'create', 'super_user', 'can', NULL),
    ('template', 'create', 'collaborator', 'cannot', NULL),
    ('template', 'manage', 'account_admin', 'can', NULL),
    ('template', 'manage', 'super_user', 'can', 'all'),
    ('template', 'manage', 'collaborator', 'cannot', NULL),
    ('dashboard', 'view', 'account_admin', 'can', NULL),
    ('dashboard', 'view', 'super_user', 'can', NULL),
    ('dashboard', 'view', 'collaborator', 'cannot', NULL),
    ('dashboard', 'manage', 'account_admin', 'can', NULL),
    ('dashboard', 'manage', 'super_user', 'can', NULL),
    ('dashboard', 'manage', 'collaborator', 'cannot', NULL),
    ('dashboard', 'manage_widgets', 'account_admin', 'can', NULL),
    ('dashboard', 'manage_widgets', 'super_user', 'can', NULL),
    ('dashboard', 'manage_widgets', 'collaborator', 'cannot', NULL),
    ('report', 'view_csat', 'account_admin', 'can', NULL),
    ('report', 'view_csat', 'super_user', 'can', NULL),
    ('report', 'view_csat', 'collaborator', 'not_available', NULL),
    ('report', 'view_time_tracking', 'account_admin', 'can', NULL),
    ('report', 'view_time_tracking', 'super_user', 'can', NULL),
    ('report', 'view_time_tracking', 'collaborator', 'not_available', NULL),
    ('report', 'view_project_performance', 'account_admin', 'can', NULL),
    ('report', 'view_project_performance', 'super_user', 'can', NULL),
    ('report', 'view_project_performance', 'collaborator', 'not_available', NULL),
    ('report', 'view_people_performance', 'account_admin', 'can', NULL),
    ('report', 'view_people_performance', 'super_user', 'can', NULL),
    ('report', 'view_people_performance', 'collaborator', 'not_available', NULL),
    ('report', 'view_operations_insight', 'account_admin', 'can', NULL),
    ('report', 'view_operations_insight', 'super_user', 'can', NULL),
    ('report', 'view_operations_insight', 'collaborator', 'not_available', NULL),
    ('report', 'view_interval_iq', 'account_admin', 'can', NULL),
    ('report', 'view_interval_iq', 'super_user', 'can', NULL),
    ('report', 'view_interval_iq', 'collaborator', 'not_available', NULL),
    ('report', 'view_portfolio', 'account_admin', 'can', NULL),
    ('report', 'view_portfolio', 'super_user', 'can', NULL),
    ('report', 'view_portfolio', 'collaborator', 'not_available', NULL),
    ('report', 'view_time_analytics', 'account_admin', 'can', NULL),
    ('report', 'view_time_analytics', 'super_user', 'can', NULL),
    ('report', 'view_time_analytics', 'collaborator', 'not_available', NULL),
    ('report', 'view_utilisation', 'account_admin', 'can', NULL),
    ('report', 'view_utilisation', 'super_user', 'can', NULL),
    ('report', 'view_utilisation', 'collaborator', 'not_available', NULL),
    ('report', 'view_timesheet_submission', 'account_admin', 'can', NULL),
    ('report', 'view_timesheet_submission', 'super_user', 'can', NULL),
    ('report', 'view_timesheet_submission', 'collaborator', 'not_available', NULL),
    ('report', 'view_people_time_analytics', 'account_admin', 'can', NULL),
    ('report', 'view_people_time_analytics', 'super_user', 'can', NULL),
    ('report', 'view_people_time_analytics', 'collaborator', 'not_available', NULL),
    ('report', 'view_sprint', 'account_admin', 'can', NULL),
    ('report', 'view_sprint', 'super_user', 'can', NULL),
    ('report', 'view_sprint', 'collaborator', 'not_available', NULL),
    ('report', 'view_custom', 'account_admin', 'can', NULL),
    ('report', 'view_custom', 'super_user', 'cannot', NULL),
    ('report', 'view_custom', 'collaborator', 'cannot', NULL),
    ('report', 'create_custom', 'account_admin', 'can', NULL),
    ('report', 'create_custom', 'super_user', 'not_available', NULL),
    ('report', 'create_custom', 'collaborator', 'not_available', NULL),
    ('report', 'manage_custom', 'account_admin', 'can', NULL),
    ('report', 'manage_custom', 'super_user', 'not_available', NULL),
    ('report', 'manage_custom', 'collaborator', 'not_available', NULL),
    ('key_event_and_interval', 'create_key_event_fields', 'account_admin', 'can', NULL),
    ('key_event_and_interval', 'create_key_event_fields', 'super_user', 'can', NULL),
    ('key_event_and_interval', 'create_key_event_fields', 'collaborator', 'cannot', NULL),
    ('key_event_and_interval', 'edit_key_event_fields', 'account_admin', 'can', NULL),
    ('key_event_and_interval', 'edit_key_event_fields', 'super_user', 'can', NULL),
    ('key_event_and_interval', 'edit_key_event_fields', 'collaborator', 'cannot', NULL),
    ('key_event_and_interval', 'delete_key_event_fields', 'account_admin', 'can', NULL),
    ('key_event_and_interval', 'delete_key_event_fields', 'super_user', 'can', NULL),
    ('key_event_and_interval', 'delete_key_event_fields', 'collaborator', 'cannot', NULL),
    ('key_event_and_interval', 'create_interval_fields', 'account_admin', 'can', NULL),
    ('key_event_and_interval', 'create_interval_fields', 'super_user', 'can', NULL),
    ('key_event_and_interval', 'create_interval_fields', 'collaborator', 'cannot', NULL),
    ('key_event_and_interval', 'edit_interval_fields', 'account_admin', 'can', NULL),
    ('key_event_and_interval', 'edit_interval_fields', 'super_user', 'can', NULL),
    ('key_event_and_interval', 'edit_interval_fields', 'collaborator', 'cannot', NULL),
    ('key_event_and_interval', 'delete_interval_fields', 'account_admin', 'can', NULL),
    ('key_event_and_interval', 'delete_interval_fields', 'super_user', 'can', NULL),
    ('key_event_and_interval', 'delete_interval_fields', 'collaborator', 'cannot', NULL),
    ('key_event_and_interval', 'view_key_event_field_values', 'account_admin', 'can', NULL),
    ('key_event_and_interval', 'view_key_event_field_values', 'super_user', 'can', NULL),
    ('key_event_and_interval', 'view_key_event_field_values', 'collaborator', 'cannot', NULL),
    ('key_event_and_interval', 'manage_key_event_field_values', 'account_admin', 'can', NULL),
    ('key_event_and_interval', 'manage_key_event_field_values', 'super_user', 'can', NULL),
    ('key_event_and_interval', 'manage_key_event_field_values', 'collaborator', 'not_available', NULL),
    ('settings', 'manage_plans_and_billing', 'account_admin', 'can', NULL),
    ('settings', 'manage_plans_and_billing', 'super_user', 'can', NULL),
    ('settings', 'manage_plans_and_billing', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_team_members', 'account_admin', 'can', NULL),
    ('settings', 'manage_team_members', 'super_user', 'can', NULL),
    ('settings', 'manage_team_members', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_roles', 'account_admin', 'can', NULL),
    ('settings', 'manage_roles', 'super_user', 'can', NULL),
    ('settings', 'manage_roles', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_account_preferences', 'account_admin', 'can', NULL),
    ('settings', 'manage_account_preferences', 'super_user', 'cannot', NULL),
    ('settings', 'manage_account_preferences', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_invoice_billing_address', 'account_admin', 'can', NULL),
    ('settings', 'manage_invoice_billing_address', 'super_user', 'cannot', NULL),
    ('settings', 'manage_invoice_billing_address', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_holiday_calendars', 'account_admin', 'can', NULL),
    ('settings', 'manage_holiday_calendars', 'super_user', 'cannot', NULL),
    ('settings', 'manage_holiday_calendars', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_customer_portal_configuration', 'account_admin', 'can', NULL),
    ('settings', 'manage_customer_portal_configuration', 'super_user', 'cannot', NULL),
    ('settings', 'manage_customer_portal_configuration', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_partner_companies', 'account_admin', 'can', NULL),
    ('settings', 'manage_partner_companies', 'super_user', 'cannot', NULL),
    ('settings', 'manage_partner_companies', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_integrations', 'account_admin', 'can', NULL),
    ('settings', 'manage_integrations', 'super_user', 'cannot', NULL),
    ('settings', 'manage_integrations', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_time_tracking_settings', 'account_admin', 'can', NULL),
    ('settings', 'manage_time_tracking_settings', 'super_user', 'cannot', NULL),
    ('settings', 'manage_time_tracking_settings', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_resource_management_settings', 'account_admin', 'can', NULL),
    ('settings', 'manage_resource_management_settings', 'super_user', 'cannot', NULL),
    ('settings', 'manage_resource_management_settings', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_financial_management_settings', 'account_admin', 'can', NULL),
    ('settings', 'manage_financial_management_settings', 'super_user', 'cannot', NULL),
    ('settings', 'manage_financial_management_settings', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_revenue_recognition_ledger_settings', 'account_admin', 'can', NULL),
    ('settings', 'manage_revenue_recognition_ledger_settings', 'super_user', 'cannot', NULL),
    ('settings', 'manage_revenue_recognition_ledger_settings', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_currencies', 'account_admin', 'can', NULL),
    ('settings', 'manage_currencies', 'super_user', 'cannot', NULL),
    ('settings', 'manage_currencies', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_advanced_settings', 'account_admin', 'can', NULL),
    ('settings', 'manage_advanced_settings', 'super_user', 'cannot', NULL),
    ('settings', 'manage_advanced_settings', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_key_events_and_intervals', 'account_admin', 'can', NULL),
    ('settings', 'manage_key_events_and_intervals', 'super_user', 'cannot', NULL),
    ('settings', 'manage_key_events_and_intervals', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_automations', 'account_admin', 'can', NULL),
    ('settings', 'manage_automations', 'super_user', 'cannot', NULL),
    ('settings', 'manage_automations', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_out_of_office', 'account_admin', 'can', NULL),
    ('settings', 'manage_out_of_office', 'super_user', 'cannot', NULL),
    ('settings', 'manage_out_of_office', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_ai_fills_settings', 'account_admin', 'can', NULL),
    ('settings', 'manage_ai_fills_settings', 'super_user', 'cannot', NULL),
    ('settings', 'manage_ai_fills_settings', 'collaborator', 'cannot', NULL),
    ('settings', 'manage_vault', 'account_admin', 'can', NULL),
    ('settings', 'manage_vault', 'super_user', 'cannot', NULL),
    ('settings', 'manage_vault', 'collaborator', 'cannot', NULL),
    ('project_field', 'view_values', 'account_admin', 'can', NULL),
    ('project_field', 'view_values', 'super_user', 'can', 'global'),
    ('project_field', 'view_values', 'collaborator', 'can', NULL),
    ('project_field', 'edit_values', 'account_admin', 'can', NULL),
    ('project_field', 'edit_values', 'super_user', 'can', NULL),
    ('project_field', 'edit_values', 'collaborator', 'cannot', NULL),
    ('project_field', 'edit_notes', 'account_admin', 'can', NULL),
    ('project_field', 'edit_notes', 'super_user', 'can', NULL),
    ('project_field', 'edit_notes', 'collaborator', 'can', NULL),
    ('project_field', 'manage_settings', 'account_admin', 'can', NULL),
    ('project_field', 'manage_settings', 'super_user', 'cannot', NULL),
    ('project_field', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('project_field', 'create_fields', 'account_admin', 'can', NULL),
    ('project_field', 'create_fields', 'super_user', 'cannot', NULL),
    ('project_field', 'create_fields', 'collaborator', 'cannot', NULL),
    ('project_field', 'edit_fields', 'account_admin', 'can', NULL),
    ('project_field', 'edit_fields', 'super_user', 'cannot', NULL),
    ('project_field', 'edit_fields', 'collaborator', 'cannot', NULL),
    ('project_field', 'delete_fields', 'account_admin', 'can', NULL),
    ('project_field', 'delete_fields', 'super_user', 'cannot', NULL),
    ('project_field', 'delete_fields', 'collaborator', 'cannot', NULL),
    ('project_field', 'create_sections', 'account_admin', 'can', NULL),
    ('project_field', 'create_sections', 'super_user', 'cannot', NULL),
    ('project_field', 'create_sections', 'collaborator', 'cannot', NULL),
    ('project_field', 'edit_sections', 'account_admin', 'can', NULL),
    ('project_field', 'edit_sections', 'super_user', 'cannot', NULL),
    ('project_field', 'edit_sections', 'collaborator', 'cannot', NULL),
    ('project_field', 'delete_sections', 'account_admin', 'can', NULL),
    ('project_field', 'delete_sections', 'super_user', 'cannot', NULL),
    ('project_field', 'delete_sections', 'collaborator', 'cannot', NULL),
    ('task_field', 'view_values', 'account_admin', 'can', NULL),
    ('task_field', 'view_values', 'super_user', 'can', 'global'),
    ('task_field', 'view_values', 'collaborator', 'can', NULL),
    ('task_field', 'edit_values', 'account_admin', 'can', NULL),
    ('task_field', 'edit_values', 'super_user', 'can', NULL),
    ('task_field', 'edit_values', 'collaborator', 'can', NULL),
    ('task_field', 'manage_settings', 'account_admin', 'can', NULL),
    ('task_field', 'manage_settings', 'super_user', 'cannot', NULL),
    ('task_field', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('task_field', 'create_fields', 'account_admin', 'can', NULL),
    ('task_field', 'create_fields', 'super_user', 'cannot', NULL),
    ('task_field', 'create_fields', 'collaborator', 'cannot', NULL),
    ('task_field', 'edit_fields', 'account_admin', 'can', NULL),
    ('task_field', 'edit_fields', 'super_user', 'cannot', NULL),
    ('task_field', 'edit_fields', 'collaborator', 'cannot', NULL),
    ('task_field', 'delete_fields', 'account_admin', 'can', NULL),
    ('task_field', 'delete_fields', 'super_user', 'cannot', NULL),
    ('task_field', 'delete_fields', 'collaborator', 'cannot', NULL),
    ('task_field', 'create_sections', 'account_admin', 'can', NULL),
    ('task_field', 'create_sections', 'super_user', 'cannot', NULL),
    ('task_field', 'create_sections', 'collaborator', 'cannot', NULL),
    ('task_field', 'edit_sections', 'account_admin', 'can', NULL),
    ('task_field', 'edit_sections', 'super_user', 'cannot', NULL),
    ('task_field', 'edit_sections', 'collaborator', 'cannot', NULL),
    ('task_field', 'delete_sections', 'account_admin', 'can', NULL),
    ('task_field', 'delete_sections', 'super_user', 'cannot', NULL),
    ('task_field', 'delete_sections', 'collaborator', 'cannot', NULL),
    ('team_member_field', 'manage_fields', 'account_admin', 'can', NULL),
    ('team_member_field', 'manage_fields', 'super_user', 'cannot', NULL),
    ('team_member_field', 'manage_fields', 'collaborator', 'cannot', NULL),
    ('team_member_field', 'manage_settings', 'account_admin', 'can', NULL),
    ('team_member_field', 'manage_settings', 'super_user', 'cannot', NULL),
    ('team_member_field', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('team_member_field', 'manage_sections', 'account_admin', 'can', NULL),
    ('team_member_field', 'manage_sections', 'super_user', 'cannot', NULL),
    ('team_member_field', 'manage_sections', 'collaborator', 'cannot', NULL),
    ('skill', 'view_values', 'account_admin', 'can', NULL),
    ('skill', 'view_values', 'super_user', 'can', 'global'),
    ('skill', 'view_values', 'collaborator', 'can', NULL),
    ('skill', 'edit_values', 'account_admin', 'can', NULL),
    ('skill', 'edit_values', 'super_user', 'can', 'global'),
    ('skill', 'edit_values', 'collaborator', 'cannot', NULL),
    ('skill', 'manage_settings', 'account_admin', 'can', NULL),
    ('skill', 'manage_settings', 'super_user', 'cannot', NULL),
    ('skill', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('skill', 'create_skills', 'account_admin', 'can', NULL),
    ('skill', 'create_skills', 'super_user', 'cannot', NULL),
    ('skill', 'create_skills', 'collaborator', 'cannot', NULL),
    ('skill', 'edit_skills', 'account_admin', 'can', NULL),
    ('skill', 'edit_skills', 'super_user', 'cannot', NULL),
    ('skill', 'edit_skills', 'collaborator', 'cannot', NULL),
    ('skill', 'delete_skills', 'account_admin', 'can', NULL),
    ('skill', 'delete_skills', 'super_user', 'cannot', NULL),
    ('skill', 'delete_skills', 'collaborator', 'cannot', NULL),
    ('skill', 'create_sections', 'account_admin', 'can', NULL),
    ('skill', 'create_sections', 'super_user', 'cannot', NULL),
    ('skill', 'create_sections', 'collaborator', 'cannot', NULL),
    ('skill', 'edit_sections', 'account_admin', 'can', NULL),
    ('skill', 'edit_sections', 'super_user', 'cannot', NULL),
    ('skill', 'edit_sections', 'collaborator', 'cannot', NULL),
    ('skill', 'delete_sections', 'account_admin', 'can', NULL),
    ('skill', 'delete_sections', 'super_user', 'cannot', NULL),
    ('skill', 'delete_sections', 'collaborator', 'cannot', NULL),
    ('skill', 'manage_matrix', 'account_admin', 'can', NULL),
    ('skill', 'manage_matrix', 'super_user', 'cannot', NULL),
    ('skill', 'manage_matrix', 'collaborator', 'cannot', NULL),
    ('time_tracking', 'view_timesheets', 'account_admin', 'can', NULL),
    ('time_tracking', 'view_timesheets', 'super_user', 'can', 'global'),
    ('time_tracking', 'view_timesheets', 'collaborator', 'can', 'global'),
    ('time_tracking', 'submit_timesheets', 'account_admin', 'can', NULL),
    ('time_tracking', 'submit_timesheets', 'super_user', 'can', 'global'),
    ('time_tracking', 'submit_timesheets', 'collaborator', 'can', 'global'),
    ('time_tracking', 'edit_billable_defaults', 'account_admin', 'can', NULL),
    ('time_tracking', 'edit_billable_defaults', 'super_user', 'can', NULL),
    ('time_tracking', 'edit_billable_defaults', 'collaborator', 'can', NULL),
    ('time_tracking', 'edit_category_defaults', 'account_admin', 'can', NULL),
    ('time_tracking', 'edit_category_defaults', 'super_user', 'can', NULL),
    ('time_tracking', 'edit_category_defaults', 'collaborator', 'can', NULL),
    ('time_tracking', 'manage_project_task_billable_defaults', 'account_admin', 'can', NULL),
    ('time_tracking', 'manage_project_task_billable_defaults', 'super_user', 'can', 'global'),
    ('time_tracking', 'manage_project_task_billable_defaults', 'collaborator', 'can', 'global'),
    ('time_tracking', 'manage_project_task_category_defaults', 'account_admin', 'can', NULL),
    ('time_tracking', 'manage_project_task_category_defaults', 'super_user', 'can', 'global'),
    ('time_tracking', 'manage_project_task_category_defaults', 'collaborator', 'can', 'global'),
    ('time_tracking', 'approve_timesheets', 'account_admin', 'can', NULL),
    ('time_tracking', 'approve_timesheets', 'super_user', 'can', 'own_projects_and_all_team_members'),
    ('time_tracking', 'approve_timesheets', 'collaborator', 'can', 'own_projects_and_non_project'),
    ('time_tracking', 'add_time_entries_while_approving', 'account_admin', 'can', NULL),
    ('time_tracking', 'add_time_entries_while_approving', 'super_user', 'can', NULL),
    ('time_tracking', 'add_time_entries_while_approving', 'collaborator', 'can', NULL),
    ('time_tracking', 'change_time_entries_while_approving', 'account_admin', 'can', NULL),
    ('time_tracking', 'change_time_entries_while_approving', 'super_user', 'can', NULL),
    ('time_tracking', 'change_time_entries_while_approving', 'collaborator', 'can', NULL),
    ('time_tracking', 'view_custom_time_entry_field_values', 'account_admin', 'can', NULL),
    ('time_tracking', 'view_custom_time_entry_field_values', 'super_user', 'can', 'global'),
    ('time_tracking', 'view_custom_time_entry_field_values', 'collaborator', 'can', NULL),
    ('time_tracking', 'edit_custom_time_entry_field_values', 'account_admin', 'can', NULL),
    ('time_tracking', 'edit_custom_time_entry_field_values', 'super_user', 'can', 'global'),
    ('time_tracking', 'edit_custom_time_entry_field_values', 'collaborator', 'can', NULL),
    ('time_tracking', 'approve_own_timesheets', 'account_admin', 'can', NULL),
    ('time_tracking', 'approve_own_timesheets', 'super_user', 'cannot', NULL),
    ('time_tracking', 'approve_own_timesheets', 'collaborator', 'cannot', NULL),
    ('time_tracking', 'modify_approval_locked_entries', 'account_admin', 'can', NULL),
    ('time_tracking', 'modify_approval_locked_entries', 'super_user', 'cannot', NULL),
    ('time_tracking', 'modify_approval_locked_entries', 'collaborator', 'cannot', NULL),
    ('time_tracking', 'delete_approval_locked_entries', 'account_admin', 'can', NULL),
    ('time_tracking', 'delete_approval_locked_entries', 'super_user', 'cannot', NULL),
    ('time_tracking', 'delete_approval_locked_entries', 'collaborator', 'cannot', NULL),
    ('time_tracking', 'edit_date_locked_time_entry_details', 'account_admin', 'can', NULL),
    ('time_tracking', 'edit_date_locked_time_entry_details', 'super_user', 'cannot', NULL),
    ('time_tracking', 'edit_date_locked_time_entry_details', 'collaborator', 'cannot', NULL),
    ('time_tracking', 'change_date_locked_time_entry_status', 'account_admin', 'can', NULL),
    ('time_tracking', 'change_date_locked_time_entry_status', 'super_user', 'cannot', NULL),
    ('time_tracking', 'change_date_locked_time_entry_status', 'collaborator', 'cannot', NULL),
    ('time_entry_field', 'manage_settings', 'account_admin', 'can', NULL),
    ('time_entry_field', 'manage_settings', 'super_user', 'cannot', NULL),
    ('time_entry_field', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('time_entry_field', 'create_fields', 'account_admin', 'can', NULL),
    ('time_entry_field', 'create_fields', 'super_user', 'cannot', NULL),
    ('time_entry_field', 'create_fields', 'collaborator', 'cannot', NULL),
    ('time_entry_field', 'edit_fields', 'account_admin', 'can', NULL),
    ('time_entry_field', 'edit_fields', 'super_user', 'cannot', NULL),
    ('time_entry_field', 'edit_fields', 'collaborator', 'cannot', NULL),
    ('time_entry_field', 'delete_fields', 'account_admin', 'can', NULL),
    ('time_entry_field', 'delete_fields', 'super_user', 'cannot', NULL),
    ('time_entry_field', 'delete_fields', 'collaborator', 'cannot', NULL),
    ('time_entry_field', 'create_sections', 'account_admin', 'can', NULL),
    ('time_entry_field', 'create_sections', 'super_user', 'cannot', NULL),
    ('time_entry_field', 'create_sections', 'collaborator', 'cannot', NULL),
    ('time_entry_field', 'edit_sections', 'account_admin', 'can', NULL),
    ('time_entry_field', 'edit_sections', 'super_user', 'cannot', NULL),
    ('time_entry_field', 'edit_sections', 'collaborator', 'cannot', NULL),
    ('time_entry_field', 'delete_sections', 'account_admin', 'can', NULL),
    ('time_entry_field', 'delete_sections', 'super_user', 'cannot', NULL),
    ('time_entry_field', 'delete_sections', 'collaborator', 'cannot', NULL),
    ('resource_management', 'access_people_view', 'account_admin', 'can', NULL),
    ('resource_management', 'access_people_view', 'super_user', 'can', NULL),
    ('resource_management', 'access_people_view', 'collaborator', 'can', NULL),
    ('resource_management', 'access_project_view', 'account_admin', 'can', NULL),
    ('resource_management', 'access_project_view', 'super_user', 'can', NULL),
    ('resource_management', 'access_project_view', 'collaborator', 'can', NULL),
    ('resource_management', 'view_allocations', 'account_admin', 'can', NULL),
    ('resource_management', 'view_allocations', 'super_user', 'can', 'global'),
    ('resource_management', 'view_allocations', 'collaborator', 'can', NULL),
    ('resource_management', 'manage_allocations', 'account_admin', 'can', NULL),
    ('resource_management', 'manage_allocations', 'super_user', 'can', 'global'),
    ('resource_management', 'manage_allocations', 'collaborator', 'can', NULL),
    ('resource_management', 'access_capacity_planning', 'account_admin', 'can', NULL),
    ('resource_management', 'access_capacity_planning', 'super_user', 'can', NULL),
    ('resource_management', 'access_capacity_planning', 'collaborator', 'cannot', NULL),
    ('resource_management', 'access_resource_ai', 'account_admin', 'can', NULL),
    ('resource_management', 'access_resource_ai', 'super_user', 'can', 'global'),
    ('resource_management', 'access_resource_ai', 'collaborator', 'cannot', NULL),
    ('resource_management', 'view_revenue', 'account_admin', 'can', NULL),
    ('resource_management', 'view_revenue', 'super_user', 'can', NULL),
    ('resource_management', 'view_revenue', 'collaborator', 'not_available', NULL),
    ('resource_management', 'view_cost', 'account_admin', 'can', NULL),
    ('resource_management', 'view_cost', 'super_user', 'can', NULL),
    ('resource_management', 'view_cost', 'collaborator', 'not_available', NULL),
    ('resource_management', 'view_profit', 'account_admin', 'can', NULL),
    ('resource_management', 'view_profit', 'super_user', 'can', NULL),
    ('resource_management', 'view_profit', 'collaborator', 'not_available', NULL),
    ('resource_management', 'view_margins', 'account_admin', 'can', NULL),
    ('resource_management', 'view_margins', 'super_user', 'can', NULL),
    ('resource_management', 'view_margins', 'collaborator', 'not_available', NULL),
    ('resource_management', 'raise_resource_requests', 'account_admin', 'can', NULL),
    ('resource_management', 'raise_resource_requests', 'super_user', 'can', 'global'),
    ('resource_management', 'raise_resource_requests', 'collaborator', 'cannot', NULL),
    ('resource_management', 'approve_resource_requests', 'account_admin', 'can', NULL),
    ('resource_management', 'approve_resource_requests', 'super_user', 'can', 'global'),
    ('resource_management', 'approve_resource_requests', 'collaborator', 'cannot', NULL),
    ('resource_management', 'view_allocation_totals', 'account_admin', 'can', NULL),
    ('resource_management', 'view_allocation_totals', 'super_user', 'can', NULL),
    ('resource_management', 'view_allocation_totals', 'collaborator', 'cannot', NULL),
    ('resource_management', 'turn_auto_allocations_on', 'account_admin', 'can', NULL),
    ('resource_management', 'turn_auto_allocations_on', 'super_user', 'can', NULL),
    ('resource_management', 'turn_auto_allocations_on', 'collaborator', 'cannot', NULL),
    ('resource_management', 'turn_auto_allocations_off', 'account_admin', 'can', NULL),
    ('resource_management', 'turn_auto_allocations_off', 'super_user', 'can', NULL),
    ('resource_management', 'turn_auto_allocations_off', 'collaborator', 'cannot', NULL),
    ('resource_management', 'manage_level_of_effort_planning', 'account_admin', 'can', NULL),
    ('resource_management', 'manage_level_of_effort_planning', 'super_user', 'can', NULL),
    ('resource_management', 'manage_level_of_effort_planning', 'collaborator', 'cannot', NULL),
    ('financials', 'view_rate_cards', 'account_admin', 'can', NULL),
    ('financials', 'view_rate_cards', 'super_user', 'can', NULL),
    ('financials', 'view_rate_cards', 'collaborator', 'cannot', NULL),
    ('financials', 'view_budgets', 'account_admin', 'can', NULL),
    ('financials', 'view_budgets', 'super_user', 'can', NULL),
    ('financials', 'view_budgets', 'collaborator', 'can', NULL),
    ('financials', 'view_revenue', 'account_admin', 'can', NULL),
    ('financials', 'view_revenue', 'super_user', 'can', NULL),
    ('financials', 'view_revenue', 'collaborator', 'can', NULL),
    ('financials', 'view_bill_rates', 'account_admin', 'can', NULL),
    ('financials', 'view_bill_rates', 'super_user', 'can', NULL),
    ('financials', 'view_bill_rates', 'collaborator', 'cannot', NULL),
    ('financials', 'change_billing_type', 'account_admin', 'can', NULL),
    ('financials', 'change_billing_type', 'super_user', 'can', NULL),
    ('financials', 'change_billing_type', 'collaborator', 'cannot', NULL),
    ('financials', 'change_budgets', 'account_admin', 'can', NULL),
    ('financials', 'change_budgets', 'super_user', 'can', NULL),
    ('financials', 'change_budgets', 'collaborator', 'cannot', NULL),
    ('financials', 'change_budgeted_hours', 'account_admin', 'can', NULL),
    ('financials', 'change_budgeted_hours', 'super_user', 'can', NULL),
    ('financials', 'change_budgeted_hours', 'collaborator', 'cannot', NULL),
    ('financials', 'apply_standard_rate_cards', 'account_admin', 'can', NULL),
    ('financials', 'apply_standard_rate_cards', 'super_user', 'can', NULL),
    ('financials', 'apply_standard_rate_cards', 'collaborator', 'cannot', NULL),
    ('financials', 'apply_project_specific_rate_cards', 'account_admin', 'can', NULL),
    ('financials', 'apply_project_specific_rate_cards', 'super_user', 'can', NULL),
    ('financials', 'apply_project_specific_rate_cards', 'collaborator', 'cannot', NULL),
    ('financials', 'manage_standard_rate_cards', 'account_admin', 'can', NULL),
    ('financials', 'manage_standard_rate_cards', 'super_user', 'can', NULL),
    ('financials', 'manage_standard_rate_cards', 'collaborator', 'cannot', NULL),
    ('financials', 'manage_project_specific_rate_cards', 'account_admin', 'can', NULL),
    ('financials', 'manage_project_specific_rate_cards', 'super_user', 'can', NULL),
    ('financials', 'manage_project_specific_rate_cards', 'collaborator', 'cannot', NULL),
    ('financials', 'view_cost_rates', 'account_admin', 'can', NULL),
    ('financials', 'view_cost_rates', 'super_user', 'cannot', NULL),
    ('financials', 'view_cost_rates', 'collaborator', 'cannot', NULL),
    ('financials', 'create_rate_cards', 'account_admin', 'can', NULL),
    ('financials', 'create_rate_cards', 'super_user', 'cannot', NULL),
    ('financials', 'create_rate_cards', 'collaborator', 'cannot', NULL),
    ('financials', 'manage_rate_cards', 'account_admin', 'can', NULL),
    ('financials', 'manage_rate_cards', 'super_user', 'cannot', NULL),
    ('financials', 'manage_rate_cards', 'collaborator', 'cannot', NULL),
    ('financials', 'manage_cost_rates', 'account_admin', 'can', NULL),
    ('financials', 'manage_cost_rates', 'super_user', 'cannot', NULL),
    ('financials', 'manage_cost_rates', 'collaborator', 'cannot', NULL),
    ('financials', 'view_cost', 'account_admin', 'can', NULL),
    ('financials', 'view_cost', 'super_user', 'cannot', NULL),
    ('financials', 'view_cost', 'collaborator', 'cannot', NULL),
    ('financials', 'view_profit', 'account_admin', 'can', NULL),
    ('financials', 'view_profit', 'super_user', 'cannot', NULL),
    ('financials', 'view_profit', 'collaborator', 'cannot', NULL),
    ('financials', 'view_margins', 'account_admin', 'can', NULL),
    ('financials', 'view_margins', 'super_user', 'cannot', NULL),
    ('financials', 'view_margins', 'collaborator', 'cannot', NULL),
    ('financials', 'override_bill_rates', 'account_admin', 'can', NULL),
    ('financials', 'override_bill_rates', 'super_user', 'cannot', NULL),
    ('financials', 'override_bill_rates', 'collaborator', 'cannot', NULL),
    ('financials', 'override_cost_rates', 'account_admin', 'can', NULL),
    ('financials', 'override_cost_rates', 'super_user', 'cannot', NULL),
    ('financials', 'override_cost_rates', 'collaborator', 'cannot', NULL),
    ('financials', 'edit_project_currency_fields', 'account_admin', 'can', NULL),
    ('financials', 'edit_project_currency_fields', 'super_user', 'cannot', NULL),
    ('financials', 'edit_project_currency_fields', 'collaborator', 'cannot', NULL),
    ('financials', 'edit_project_subscription_fields', 'account_admin', 'can', NULL),
    ('financials', 'edit_project_subscription_fields', 'super_user', 'cannot', NULL),
    ('financials', 'edit_project_subscription_fields', 'collaborator', 'cannot', NULL),
    ('revenue_recognition_entry', 'create_posting_periods', 'account_admin', 'can', NULL),
    ('revenue_recognition_entry', 'create_posting_periods', 'super_user', 'can', NULL),
    ('revenue_recognition_entry', 'create_posting_periods', 'collaborator', 'cannot', NULL),
    ('revenue_recognition_entry', 'delete_posting_periods', 'account_admin', 'can', NULL),
    ('revenue_recognition_entry', 'delete_posting_periods', 'super_user', 'can', NULL),
    ('revenue_recognition_entry', 'delete_posting_periods', 'collaborator', 'cannot', NULL),
    ('revenue_recognition_entry', 'view', 'account_admin', 'can', NULL),
    ('revenue_recognition_entry', 'view', 'super_user', 'can', NULL),
    ('revenue_recognition_entry', 'view', 'collaborator', 'cannot', NULL),
    ('revenue_recognition_entry', 'create', 'account_admin', 'can', NULL),
    ('revenue_recognition_entry', 'create', 'super_user', 'can', NULL),
    ('revenue_recognition_entry', 'create', 'collaborator', 'not_available', NULL),
    ('revenue_recognition_entry', 'manage', 'account_admin', 'can', NULL),
    ('revenue_recognition_entry', 'manage', 'super_user', 'can', NULL),
    ('revenue_recognition_entry', 'manage', 'collaborator', 'not_available', NULL),
    ('revenue_recognition_entry', 'manage_locked', 'account_admin', 'can', NULL),
    ('revenue_recognition_entry', 'manage_locked', 'super_user', 'can', NULL),
    ('revenue_recognition_entry', 'manage_locked', 'collaborator', 'not_available', NULL),
    ('invoicing', 'access_invoices', 'account_admin', 'can', NULL),
    ('invoicing', 'access_invoices', 'super_user', 'can', 'global'),
    ('invoicing', 'access_invoices', 'collaborator', 'can', NULL),
    ('invoicing', 'create_invoices', 'account_admin', 'can', NULL),
    ('invoicing', 'create_invoices', 'super_user', 'can', NULL),
    ('invoicing', 'create_invoices', 'collaborator', 'cannot', NULL),
    ('invoicing', 'edit_invoices', 'account_admin', 'can', NULL),
    ('invoicing', 'edit_invoices', 'super_user', 'can', NULL),
    ('invoicing', 'edit_invoices', 'collaborator', 'cannot', NULL),
    ('invoicing', 'request_approvals', 'account_admin', 'can', NULL),
    ('invoicing', 'request_approvals', 'super_user', 'can', NULL),
    ('invoicing', 'request_approvals', 'collaborator', 'cannot', NULL),
    ('invoicing', 'manage_approvals', 'account_admin', 'can', NULL),
    ('invoicing', 'manage_approvals', 'super_user', 'can', NULL),
    ('invoicing', 'manage_approvals', 'collaborator', 'cannot', NULL),
    ('invoicing', 'approve_approval_requests', 'account_admin', 'can', NULL),
    ('invoicing', 'approve_approval_requests', 'super_user', 'can', 'any'),
    ('invoicing', 'approve_approval_requests', 'collaborator', 'cannot', NULL),
    ('invoicing', 'reject_approval_requests', 'account_admin', 'can', NULL),
    ('invoicing', 'reject_approval_requests', 'super_user', 'can', 'any'),
    ('invoicing', 'reject_approval_requests', 'collaborator', 'cannot', NULL),
    ('invoicing', 'override_invoice_status', 'account_admin', 'can', NULL),
    ('invoicing', 'override_invoice_status', 'super_user', 'can', NULL),
    ('invoicing', 'override_invoice_status', 'collaborator', 'cannot', NULL),
    ('invoicing', 'manage_payment_records', 'account_admin', 'can', NULL),
    ('invoicing', 'manage_payment_records', 'super_user', 'can', NULL),
    ('invoicing', 'manage_payment_records', 'collaborator', 'cannot', NULL),
    ('invoicing', 'manage_write_offs', 'account_admin', 'can', NULL),
    ('invoicing', 'manage_write_offs', 'super_user', 'can', NULL),
    ('invoicing', 'manage_write_offs', 'collaborator', 'cannot', NULL),
    ('invoicing', 'void_invoices', 'account_admin', 'can', NULL),
    ('invoicing', 'void_invoices', 'super_user', 'can', NULL),
    ('invoicing', 'void_invoices', 'collaborator', 'cannot', NULL),
    ('invoicing', 'delete_invoices', 'account_admin', 'can', NULL),
    ('invoicing', 'delete_invoices', 'super_user', 'can', NULL),
    ('invoicing', 'delete_invoices', 'collaborator', 'cannot', NULL),
    ('invoicing', 'apply_credit_notes', 'account_admin', 'can', NULL),
    ('invoicing', 'apply_credit_notes', 'super_user', 'can', NULL),
    ('invoicing', 'apply_credit_notes', 'collaborator', 'cannot', NULL),
    ('invoicing', 'remove_credit_notes', 'account_admin', 'can', NULL),
    ('invoicing', 'remove_credit_notes', 'super_user', 'can', NULL),
    ('invoicing', 'remove_credit_notes', 'collaborator', 'cannot', NULL),
    ('invoicing', 'manage_approval_workflows', 'account_admin', 'can', NULL),
    ('invoicing', 'manage_approval_workflows', 'super_user', 'can', NULL),
    ('invoicing', 'manage_approval_workflows', 'collaborator', 'cannot', NULL),
    ('invoicing', 'manage_invoice_custom_fields', 'account_admin', 'can', NULL),
    ('invoicing', 'manage_invoice_custom_fields', 'super_user', 'can', NULL),
    ('invoicing', 'manage_invoice_custom_fields', 'collaborator', 'not_available', NULL),
    ('invoicing', 'manage_credit_note_custom_fields', 'account_admin', 'can', NULL),
    ('invoicing', 'manage_credit_note_custom_fields', 'super_user', 'can', NULL),
    ('invoicing', 'manage_credit_note_custom_fields', 'collaborator', 'cannot', NULL),
    ('invoicing', 'create_invoice_fields', 'account_admin', 'can', NULL),
    ('invoicing', 'create_invoice_fields', 'super_user', 'can', NULL),
    ('invoicing', 'create_invoice_fields', 'collaborator', 'not_available', NULL),
    ('invoicing', 'edit_invoice_fields', 'account_admin', 'can', NULL),
    ('invoicing', 'edit_invoice_fields', 'super_user', 'can', NULL),
    ('invoicing', 'edit_invoice_fields', 'collaborator', 'not_available', NULL),
    ('invoicing', 'delete_invoice_fields', 'account_admin', 'can', NULL),
    ('invoicing', 'delete_invoice_fields', 'super_user', 'can', NULL),
    ('invoicing', 'delete_invoice_fields', 'collaborator', 'not_available', NULL),
    ('invoicing', 'create_credit_note_fields', 'account_admin', 'can', NULL),
    ('invoicing', 'create_credit_note_fields', 'super_user', 'can', NULL),
    ('invoicing', 'create_credit_note_fields', 'collaborator', 'cannot', NULL),
    ('invoicing', 'edit_credit_note_fields', 'account_admin', 'can', NULL),
    ('invoicing', 'edit_credit_note_fields', 'super_user', 'can', NULL),
    ('invoicing', 'edit_credit_note_fields', 'collaborator', 'cannot', NULL),
    ('invoicing', 'delete_credit_note_fields', 'account_admin', 'can', NULL),
    ('invoicing', 'delete_credit_note_fields', 'super_user', 'can', NULL),
    ('invoicing', 'delete_credit_note_fields', 'collaborator', 'cannot', NULL),
    ('invoicing', 'create_invoice_sections', 'account_admin', 'can', NULL),
    ('invoicing', 'create_invoice_sections', 'super_user', 'can', NULL),
    ('invoicing', 'create_invoice_sections', 'collaborator', 'cannot', NULL),
    ('invoicing', 'edit_invoice_sections', 'account_admin', 'can', NULL),
    ('invoicing', 'edit_invoice_sections', 'super_user', 'can', NULL),
    ('invoicing', 'edit_invoice_sections', 'collaborator', 'cannot', NULL),
    ('invoicing', 'delete_invoice_sections', 'account_admin', 'can', NULL),
    ('invoicing', 'delete_invoice_sections', 'super_user', 'can', NULL),
    ('invoicing', 'delete_invoice_sections', 'collaborator', 'cannot', NULL),
    ('invoicing', 'create_credit_note_sections', 'account_admin', 'can', NULL),
    ('invoicing', 'create_credit_note_sections', 'super_user', 'can', NULL),
    ('invoicing', 'create_credit_note_sections', 'collaborator', 'cannot', NULL),
    ('invoicing', 'edit_credit_note_sections', 'account_admin', 'can', NULL),
    ('invoicing', 'edit_credit_note_sections', 'super_user', 'can', NULL),
    ('invoicing', 'edit_credit_note_sections', 'collaborator', 'cannot', NULL),
    ('invoicing', 'delete_credit_note_sections', 'account_admin', 'can', NULL),
    ('invoicing', 'delete_credit_note_sections', 'super_user', 'can', NULL),
    ('invoicing', 'delete_credit_note_sections', 'collaborator', 'cannot', NULL),
    ('invoicing', 'view_billing_events', 'account_admin', 'can', NULL),
    ('invoicing', 'view_billing_events', 'super_user', 'cannot', NULL),
    ('invoicing', 'view_billing_events', 'collaborator', 'cannot', NULL),
    ('invoicing', 'create_billing_events', 'account_admin', 'can', NULL),
    ('invoicing', 'create_billing_events', 'super_user', 'not_available', NULL),
    ('invoicing', 'create_billing_events', 'collaborator', 'not_available', NULL),
    ('invoicing', 'manage_billing_events', 'account_admin', 'can', NULL),
    ('invoicing', 'manage_billing_events', 'super_user', 'not_available', NULL),
    ('invoicing', 'manage_billing_events', 'collaborator', 'not_available', NULL),
    ('invoicing', 'manage_billing_schedule_templates', 'account_admin', 'can', NULL),
    ('invoicing', 'manage_billing_schedule_templates', 'super_user', 'cannot', NULL),
    ('invoicing', 'manage_billing_schedule_templates', 'collaborator', 'not_available', NULL),
    ('invoicing', 'create_billing_schedule_templates', 'account_admin', 'can', NULL),
    ('invoicing', 'create_billing_schedule_templates', 'super_user', 'cannot', NULL),
    ('invoicing', 'create_billing_schedule_templates', 'collaborator', 'not_available', NULL),
    ('credit_note', 'access_credit_notes', 'account_admin', 'can', NULL),
    ('credit_note', 'access_credit_notes', 'super_user', 'can', 'global'),
    ('credit_note', 'access_credit_notes', 'collaborator', 'can', NULL),
    ('credit_note', 'access_invoices', 'account_admin', 'can', NULL),
    ('credit_note', 'access_invoices', 'super_user', 'can', 'global'),
    ('credit_note', 'access_invoices', 'collaborator', 'can', NULL),
    ('credit_note', 'create', 'account_admin', 'can', NULL),
    ('credit_note', 'create', 'super_user', 'not_available', NULL),
    ('credit_note', 'create', 'collaborator', 'can', NULL),
    ('credit_note', 'edit', 'account_admin', 'can', NULL),
    ('credit_note', 'edit', 'super_user', 'not_available', NULL),
    ('credit_note', 'edit', 'collaborator', 'can', NULL),
    ('credit_note', 'void', 'account_admin', 'can', NULL),
    ('credit_note', 'void', 'super_user', 'not_available', NULL),
    ('credit_note', 'void', 'collaborator', 'can', NULL),
    ('credit_note', 'delete', 'account_admin', 'can', NULL),
    ('credit_note', 'delete', 'super_user', 'not_available', NULL),
    ('credit_note', 'delete', 'collaborator', 'can', NULL),
    ('credit_note', 'manage_settings', 'account_admin', 'can', NULL),
    ('credit_note', 'manage_settings', 'super_user', 'cannot', NULL),
    ('credit_note', 'manage_settings', 'collaborator', 'can', NULL),
    ('tax', 'view_tax_codes', 'account_admin', 'can', NULL),
    ('tax', 'view_tax_codes', 'super_user', 'can', NULL),
    ('tax', 'view_tax_codes', 'collaborator', 'cannot', NULL),
    ('tax', 'view_tax_components', 'account_admin', 'can', NULL),
    ('tax', 'view_tax_components', 'super_user', 'can', NULL),
    ('tax', 'view_tax_components', 'collaborator', 'cannot', NULL),
    ('tax', 'manage_settings', 'account_admin', 'can', NULL),
    ('tax', 'manage_settings', 'super_user', 'cannot', NULL),
    ('tax', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('tax', 'create_tax_codes', 'account_admin', 'can', NULL),
    ('tax', 'create_tax_codes', 'super_user', 'not_available', NULL),
    ('tax', 'create_tax_codes', 'collaborator', 'not_available', NULL),
    ('tax', 'create_tax_components', 'account_admin', 'can', NULL),
    ('tax', 'create_tax_components', 'super_user', 'not_available', NULL),
    ('tax', 'create_tax_components', 'collaborator', 'not_available', NULL),
    ('tax', 'manage_tax_codes', 'account_admin', 'can', NULL),
    ('tax', 'manage_tax_codes', 'super_user', 'not_available', NULL),
    ('tax', 'manage_tax_codes', 'collaborator', 'not_available', NULL),
    ('tax', 'manage_tax_components', 'account_admin', 'can', NULL),
    ('tax', 'manage_tax_components', 'super_user', 'not_available', NULL),
    ('tax', 'manage_tax_components', 'collaborator', 'not_available', NULL),
    ('expense', 'create_budgets', 'account_admin', 'can', NULL),
    ('expense', 'create_budgets', 'super_user', 'can', NULL),
    ('expense', 'create_budgets', 'collaborator', 'can', NULL),
    ('expense', 'manage_budgets', 'account_admin', 'can', NULL),
    ('expense', 'manage_budgets', 'super_user', 'can', NULL),
    ('expense', 'manage_budgets', 'collaborator', 'can', NULL),
    ('expense', 'view_expenses', 'account_admin', 'can', NULL),
    ('expense', 'view_expenses', 'super_user', 'can', NULL),
    ('expense', 'view_expenses', 'collaborator', 'can', NULL),
    ('expense', 'create_expenses', 'account_admin', 'can', NULL),
    ('expense', 'create_expenses', 'super_user', 'can', NULL),
    ('expense', 'create_expenses', 'collaborator', 'can', NULL),
    ('expense', 'submit_expenses', 'account_admin', 'can', NULL),
    ('expense', 'submit_expenses', 'super_user', 'can', NULL),
    ('expense', 'submit_expenses', 'collaborator', 'can', NULL),
    ('expense', 'manage_expenses', 'account_admin', 'can', NULL),
    ('expense', 'manage_expenses', 'super_user', 'can', NULL),
    ('expense', 'manage_expenses', 'collaborator', 'can', NULL),
    ('expense', 'view_expense_reports', 'account_admin', 'can', NULL),
    ('expense', 'view_expense_reports', 'super_user', 'can', NULL),
    ('expense', 'view_expense_reports', 'collaborator', 'can', NULL),
    ('expense', 'create_expense_reports', 'account_admin', 'can', NULL),
    ('expense', 'create_expense_reports', 'super_user', 'can', NULL),
    ('expense', 'create_expense_reports', 'collaborator', 'can', NULL),
    ('expense', 'submit_expense_reports', 'account_admin', 'can', NULL),
    ('expense', 'submit_expense_reports', 'super_user', 'can', NULL),
    ('expense', 'submit_expense_reports', 'collaborator', 'can', NULL),
    ('expense', 'manage_expense_reports', 'account_admin', 'can', NULL),
    ('expense', 'manage_expense_reports', 'super_user', 'can', NULL),
    ('expense', 'manage_expense_reports', 'collaborator', 'can', NULL),
    ('expense', 'manage_billable_defaults', 'account_admin', 'can', NULL),
    ('expense', 'manage_billable_defaults', 'super_user', 'can', NULL),
    ('expense', 'manage_billable_defaults', 'collaborator', 'cannot', NULL),
    ('expense', 'approve_expenses', 'account_admin', 'can', NULL),
    ('expense', 'approve_expenses', 'super_user', 'can', 'any'),
    ('expense', 'approve_expenses', 'collaborator', 'can', 'any'),
    ('expense', 'reject_expenses', 'account_admin', 'can', NULL),
    ('expense', 'reject_expenses', 'super_user', 'can', 'any'),
    ('expense', 'reject_expenses', 'collaborator', 'can', 'any'),
    ('expense', 'view_custom_field_values', 'account_admin', 'can', NULL),
    ('expense', 'view_custom_field_values', 'super_user', 'can', 'global'),
    ('expense', 'view_custom_field_values', 'collaborator', 'can', NULL),
    ('expense', 'edit_custom_field_values', 'account_admin', 'can', NULL),
    ('expense', 'edit_custom_field_values', 'super_user', 'can', 'global'),
    ('expense', 'edit_custom_field_values', 'collaborator', 'can', NULL),
    ('expense', 'manage_settings', 'account_admin', 'can', NULL),
    ('expense', 'manage_settings', 'super_user', 'cannot', NULL),
    ('expense', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('expense', 'manage_approval_chains', 'account_admin', 'can', NULL),
    ('expense', 'manage_approval_chains', 'super_user', 'not_available', NULL),
    ('expense', 'manage_approval_chains', 'collaborator', 'not_available', NULL),
    ('expense', 'manage_approval_workflows', 'account_admin', 'can', NULL),
    ('expense', 'manage_approval_workflows', 'super_user', 'not_available', NULL),
    ('expense', 'manage_approval_workflows', 'collaborator', 'not_available', NULL),
    ('expense_field', 'manage_settings', 'account_admin', 'can', NULL),
    ('expense_field', 'manage_settings', 'super_user', 'cannot', NULL),
    ('expense_field', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('expense_field', 'create', 'account_admin', 'can', NULL),
    ('expense_field', 'create', 'super_user', 'cannot', NULL),
    ('expense_field', 'create', 'collaborator', 'cannot', NULL),
    ('expense_field', 'edit', 'account_admin', 'can', NULL),
    ('expense_field', 'edit', 'super_user', 'cannot', NULL),
    ('expense_field', 'edit', 'collaborator', 'cannot', NULL),
    ('expense_field', 'delete', 'account_admin', 'can', NULL),
    ('expense_field', 'delete', 'super_user', 'cannot', NULL),
    ('expense_field', 'delete', 'collaborator', 'cannot', NULL),
    ('webhook', 'view', 'account_admin', 'can', NULL),
    ('webhook', 'view', 'super_user', 'cannot', NULL),
    ('webhook', 'view', 'collaborator', 'cannot', NULL),
    ('webhook', 'create', 'account_admin', 'can', NULL),
    ('webhook', 'create', 'super_user', 'cannot', NULL),
    ('webhook', 'create', 'collaborator', 'cannot', NULL),
    ('webhook', 'edit', 'account_admin', 'can', NULL),
    ('webhook', 'edit', 'super_user', 'cannot', NULL),
    ('webhook', 'edit', 'collaborator', 'cannot', NULL),
    ('customer_team_member_field', 'view_values', 'account_admin', 'can', NULL),
    ('customer_team_member_field', 'view_values', 'super_user', 'can', 'global'),
    ('customer_team_member_field', 'view_values', 'collaborator', 'cannot', NULL),
    ('customer_team_member_field', 'edit_values', 'account_admin', 'can', NULL),
    ('customer_team_member_field', 'edit_values', 'super_user', 'can', NULL),
    ('customer_team_member_field', 'edit_values', 'collaborator', 'cannot', NULL),
    ('customer_team_member_field', 'manage_settings', 'account_admin', 'can', NULL),
    ('customer_team_member_field', 'manage_settings', 'super_user', 'cannot', NULL),
    ('customer_team_member_field', 'manage_settings', 'collaborator', 'cannot', NULL),
    ('customer_team_member_field', 'create_fields', 'account_admin', 'can', NULL),
    ('customer_team_member_field', 'create_fields', 'super_user', 'cannot', NULL),
    ('customer_team_member_field', 'create_fields', 'collaborator', 'cannot', NULL),
    ('customer_team_member_field', 'edit_fields', 'account_admin', 'can', NULL),
    ('customer_team_member_field', 'edit_fields', 'super_user', 'cannot', NULL),
    ('customer_team_member_field', 'edit_fields', 'collaborator', 'cannot', NULL),
    ('customer_team_member_field', 'delete_fields', 'account_admin', 'can', NULL),
    ('customer_team_member_field', 'delete_fields', 'super_user', 'cannot', NULL),
    ('customer_team_member_field', 'delete_fields', 'collaborator', 'cannot', NULL),
    ('customer_team_member_field', 'create_sections', 'account_admin', 'can', NULL),
    ('customer_team_member_field', 'create_sections', 'super_user', 'cannot', NULL),
    ('customer_team_member_field', 'create_sections', 'collaborator', 'cannot', NULL),
    ('customer_team_member_field', 'edit_sections', 'account_admin', 'can', NULL),
    ('customer_team_member_field', 'edit_sections', 'super_user', 'cannot', NULL),
    ('customer_team_member_field', 'edit_sections', 'collaborator', 'cannot', NULL),
    ('customer_team_member_field', 'delete_sections', 'account_admin', 'can', NULL),
    ('customer_team_member_field', 'delete_sections', 'super_user', 'cannot', NULL),
    ('customer_team_member_field', 'delete_sections', 'collaborator', 'cannot', NULL),
    ('customer_portal', 'manage_embed_settings', 'account_admin', 'can', NULL),
    ('customer_portal', 'manage_embed_settings', 'super_user', 'cannot', NULL),
    ('customer_portal', 'manage_embed_settings', 'collaborator', 'cannot', NULL),
    ('customer_portal', 'access_embed_settings', 'account_admin', 'can', NULL),
    ('customer_portal', 'access_embed_settings', 'super_user', 'not_available', NULL),
    ('customer_portal', 'access_embed_settings', 'collaborator', 'not_available', NULL),
    ('customer_portal_template', 'create', 'account_admin', 'can', NULL),
    ('customer_portal_template', 'create', 'super_user', 'cannot', NULL),
    ('customer_portal_template', 'create', 'collaborator', 'cannot', NULL),
    ('customer_portal_template', 'edit', 'account_admin', 'can', NULL),
    ('customer_portal_template', 'edit', 'super_user', 'cannot', NULL),
    ('customer_portal_template', 'edit', 'collaborator', 'cannot', NULL),
    ('customer_portal_template', 'delete', 'account_admin', 'can', NULL),
    ('customer_portal_template', 'delete', 'super_user', 'cannot', NULL),
    ('customer_portal_template', 'delete', 'collaborator', 'cannot', NULL),
    ('customer_portal_theme', 'create', 'account_admin', 'can', NULL),
    ('customer_portal_theme', 'create', 'super_user', 'cannot', NULL),
    ('customer_portal_theme', 'create', 'collaborator', 'cannot', NULL),
    ('customer_portal_theme', 'edit', 'account_admin', 'can', NULL),
    ('customer_portal_theme', 'edit', 'super_user', 'cannot', NULL),
    ('customer_portal_theme', 'edit', 'collaborator', 'cannot', NULL),
    ('customer_portal_theme', 'delete', 'account_admin', 'can', NULL),
    ('customer_portal_theme', 'delete', 'super_user', 'cannot', NULL),
    ('customer_portal_theme', 'delete', 'collaborator', 'cannot', NULL),
    ('customer_portal_invite_settings', 'manage', 'account_admin', 'can', NULL),
    ('customer_portal_invite_settings', 'manage', 'super_user', 'cannot', NULL),
    ('customer_portal_invite_settings', 'manage', 'collaborator', 'cannot', NULL),
    ('change_customer_portal', 'change_from_project_settings', 'account_admin', 'can', NULL),
    ('change_customer_portal', 'change_from_project_settings', 'super_user', 'can', NULL),
    ('change_customer_portal', 'change_from_project_settings', 'collaborator', 'cannot', NULL),
    ('spotlight', 'add_on_resources', 'account_admin', 'can', NULL),
    ('spotlight', 'add_on_resources', 'super_user', 'can', NULL),
    ('spotlight', 'add_on_resources', 'collaborator', 'cannot', NULL),
    ('spotlight', 'remove_on_resources', 'account_admin', 'can', NULL),
    ('spotlight', 'remove_on_resources', 'super_user', 'can', NULL),
    ('spotlight', 'remove_on_resources', 'collaborator', 'cannot', NULL),
    ('saved_view', 'share', 'account_admin', 'can', NULL),
    ('saved_view', 'share', 'super_user', 'can', NULL),
    ('saved_view', 'share', 'collaborator', 'cannot', NULL),
    ('marketplace', 'install_custom_apps', 'account_admin', 'can', NULL),
    ('marketplace', 'install_custom_apps', 'super_user', 'cannot', NULL),
    ('marketplace', 'install_custom_apps', 'collaborator', 'cannot', NULL),
    ('marketplace', 'update_custom_apps', 'account_admin', 'can', NULL),
    ('marketplace', 'update_custom_apps', 'super_user', 'cannot', NULL),
    ('marketplace', 'update_custom_apps', 'collaborator', 'cannot', NULL),
    ('marketplace', 'delete_custom_apps', 'account_admin', 'can', NULL),
    ('marketplace', 'delete_custom_apps', 'super_user', 'cannot', NULL),
    ('marketplace', 'delete_custom_apps', 'collaborator', 'cannot', NULL),
    ('marketplace', 'enable_custom_apps', 'account_admin', 'can', NULL),
    ('marketplace', 'enable_custom_apps', 'super_user', 'cannot', NULL),
    ('marketplace', 'enable_custom_apps', 'collaborator', 'cannot', NULL),
    ('marketplace', 'disable_custom_apps', 'account_admin', 'can', NULL),
    ('marketplace', 'disable_custom_apps', 'super_user', 'cannot', NULL),
    ('marketplace', 'disable_custom_apps', 'collaborator', 'cannot', NULL),
    ('language_configuration', 'update', 'account_admin', 'can', NULL),
    ('language_configuration', 'update', 'super_user', 'can', NULL),
    ('language_configuration', 'update', 'collaborator', 'cannot', NULL),
    ('language_configuration', 'add_language', 'account_admin', 'can', NULL),
    ('language_configuration', 'add_language', 'super_user', 'can', NULL),
    ('language_configuration', 'add_language', 'collaborator', 'not_available', NULL),
    ('language_configuration', 'edit_translated_content', 'account_admin', 'can', NULL),
    ('language_configuration', 'edit_translated_content', 'super_user', 'can', NULL),
    ('language_configuration', 'edit_translated_content', 'collaborator', 'not_available', NULL),
    ('language_configuration', 'disable_language', 'account_admin', 'can', NULL),
    ('language_configuration', 'disable_language', 'super_user', 'can', NULL),
    ('language_configuration', 'disable_language', 'collaborator', 'not_available', NULL),
    ('language_configuration', 'assign_language_to_user', 'account_admin', 'can', NULL),
    ('language_configuration', 'assign_language_to_user', 'super_user', 'can', NULL),
    ('language_configuration', 'assign_language_to_user', 'collaborator', 'cannot', NULL);
CREATE TABLE clearance.staged_aliases (source text, feature text, action text, canonical_feature text, canonical_action text);
INSERT INTO clearance.staged_aliases VALUES
    ('partner', 'project', 'view_info', 'project', 'view'),
    ('partner', 'project', 'edit_default_fields', 'project', 'edit'),
    ('partner', 'task', 'add_to_phase', 'task', 'create'),
    ('partner', 'task', 'delete_from_phase', 'task', 'delete'),
    ('partner', 'file', 'upload', 'file', 'create'),
    ('partner', 'form', 'reply', 'form_response', 'create'),
    ('account', 'account', 'view', 'customer_account', 'view'),
    ('account', 'account', 'create', 'customer_account', 'create'),
    ('account', 'account', 'edit', 'customer_account', 'edit'),
    ('account', 'account', 'merge', 'customer_account', 'merge'),
    ('account', 'account', 'delete', 'customer_account', 'delete'),
    ('account', 'account', 'manage_billing_addresses', 'customer_account', 'manage_billing_addresses'),
    ('account', 'space', 'view_documents', 'document', 'view'),
    ('account', 'space', 'create_documents', 'document', 'create'),
    ('account', 'space', 'edit_documents', 'document', 'edit'),
    ('account', 'space', 'delete_documents', 'document', 'delete'),
    ('account', 'space', 'rearrange_documents', 'document', 'rearrange'),
    ('account', 'space', 'create_spaces', 'space', 'create'),
    ('account', 'space', 'delete_spaces', 'space', 'delete'),
    ('account', 'chat', 'view_conversations', 'conversation', 'view'),
    ('account', 'chat', 'create_conversations', 'conversation', 'create'),
    ('account', 'chat', 'edit_conversations', 'conversation', 'edit'),
    ('account', 'chat', 'delete_conversations', 'conversation', 'delete'),
    ('account', 'chat', 'send_messages', 'conversation', 'send_messages'),
    ('account', 'chat', 'edit_name', 'conversation', 'edit_name'),
    ('account', 'chat', 'edit_description', 'conversation', 'edit_description'),
    ('account', 'chat', 'invite_team_members', 'conversation', 'invite'),
    ('account', 'file_and_folder', 'view_files', 'file', 'view'),
    ('account', 'file_and_folder', 'upload_files', 'file', 'create'),
    ('account', 'file_and_folder', 'view_folders', 'folder', 'view'),
    ('account', 'file_and_folder', 'create_folders', 'folder', 'create'),
    ('account', 'status_update', 'view_published', 'status_update', 'view');
CREATE TABLE clearance.staged_features (name text, description text);
INSERT INTO clearance.staged_features VALUES
    ('project', 'projects and their pages'),
    ('project_plan', 'the plan of a project as a whole'),
    ('phase', 'phases of a project'),
    ('task', 'tasks of a project'),
    ('milestone', 'delivery milestones of a project'),
    ('raid_item', 'risks and assumptions and issues and dependencies'),
    ('sprint', 'sprints'),
    ('epic', 'epics'),
    ('backlog', 'backlogs'),
    ('space', 'spaces: collections of documents'),
    ('document', 'documents in a space'),
    ('document_message', 'messages on a document'),
    ('document_comment', 'comments in a document'),
    ('document_approval', 'approvals asked for on a document'),
    ('document_task', 'tasks made from a document'),
    ('conversation', 'conversations and their messages'),
    ('status_update', 'status updates of a project'),
    ('folder', 'folders of files'),
    ('file', 'files'),
    ('form_task', 'tasks that ask for a form to be filled in'),
    ('form_response', 'filled-in forms'),
    ('sign_off', 'sign-offs that a customer signs'),
    ('vendor_team_member', 'the vendor’s people on a project'),
    ('partner_team_member', 'a partner’s people on a project'),
    ('customer_team_member', 'a customer’s people on a project'),
    ('customer_account', 'customer companies as records of the application'),
    ('account_field', 'custom fields of customer accounts'),
    ('project_field', 'custom fields of projects'),
    ('task_field', 'custom fields of tasks'),
    ('team_member_field', 'custom fields of team members'),
    ('customer_team_member_field', 'custom fields of customer contacts'),
    ('time_entry_field', 'custom fields of time entries'),
    ('expense_field', 'custom fields of expenses'),
    ('skill', 'skills of team members'),
    ('template', 'project templates'),
    ('dashboard', 'dashboards'),
    ('report', 'reports'),
    ('saved_view', 'saved views'),
    ('key_event_and_interval', 'key events and the intervals between them'),
    ('settings', 'settings of the account'),
    ('time_tracking', 'timesheets and time entries'),
    ('resource_management', 'allocations and capacity'),
    ('financials', 'budgets and rates and margins'),
    ('revenue_recognition_entry', 'entries of the revenue ledger'),
    ('invoicing', 'invoices and their approvals'),
    ('credit_note', 'credit notes'),
    ('tax', 'tax codes and components'),
    ('expense', 'expenses and expense reports'),
    ('webhook', 'webhooks'),
    ('customer_portal', 'embedding of the customer portal'),
    ('customer_portal_template', 'templates of the customer portal'),
    ('customer_portal_theme', 'themes of the customer portal'),
    ('customer_portal_invite_settings', 'invitations to the customer portal'),
    ('change_customer_portal', 'the portal that a project uses'),
    ('spotlight', 'help shown on top of resources'),
    ('marketplace', 'custom applications'),
    ('language_configuration', 'languages and translations');
CREATE TABLE clearance.staged_partner_matrix (feature text, action text, level text, visibility text, relation text, gate text);
INSERT INTO clearance.staged_partner_matrix VALUES
    ('project', 'create', 'permissive', 'none', 'any', NULL),
    ('project', 'create', 'moderate', 'none', 'any', NULL),
    ('project', 'create', 'restricted', 'none', 'any', NULL),
    ('project', 'view_overview', 'permissive', 'any', 'any', NULL),
    ('project', 'view_overview', 'moderate', 'any', 'any', NULL),
    ('project', 'view_overview', 'restricted', 'none', 'any', NULL),
    ('project', 'view_info', 'permissive', 'any', 'any', NULL),
    ('project', 'view_info', 'moderate', 'any', 'any', NULL),
    ('project', 'view_info', 'restricted', 'any', 'any', NULL),
    ('project', 'view_default_fields', 'permissive', 'any', 'any', NULL),
    ('project', 'view_default_fields', 'moderate', 'shared', 'any', NULL),
    ('project', 'view_default_fields', 'restricted', 'shared', 'any', NULL),
    ('project', 'edit_default_fields', 'permissive', 'any', 'any', 'project.view_default_fields'),
    ('project', 'edit_default_fields', 'moderate', 'none', 'any', 'project.view_default_fields'),
    ('project', 'edit_default_fields', 'restricted', 'none', 'any', 'project.view_default_fields'),
    ('project', 'view_custom_fields', 'permissive', 'any', 'any', NULL),
    ('project', 'view_custom_fields', 'moderate', 'shared', 'any', NULL),
    ('project', 'view_custom_fields', 'restricted', 'none', 'any', NULL),
    ('project', 'edit_custom_fields', 'permissive', 'any', 'any', 'project.view_custom_fields'),
    ('project', 'edit_custom_fields', 'moderate', 'shared', 'any', 'project.view_custom_fields'),
    ('project', 'edit_custom_fields', 'restricted', 'none', 'any', 'project.view_custom_fields'),
    ('project', 'view_hours', 'permissive', 'none', 'any', NULL),
    ('project', 'view_hours', 'moderate', 'none', 'any', NULL),
    ('project', 'view_hours', 'restricted', 'none', 'any', NULL),
    ('project', 'edit_hours', 'permissive', 'none', 'any', 'project.view_hours'),
    ('project', 'edit_hours', 'moderate', 'none', 'any', 'project.view_hours'),
    ('project', 'edit_hours', 'restricted', 'none', 'any', 'project.view_hours'),
    ('project', 'view_business_goals', 'permissive', 'any', 'any', NULL),
    ('project', 'view_business_goals', 'moderate', 'any', 'any', NULL),
    ('project', 'view_business_goals', 'restricted', 'none', 'any', NULL),
    ('project', 'edit_business_goals', 'permissive', 'any', 'any', 'project.view_business_goals'),
    ('project', 'edit_business_goals', 'moderate', 'any', 'any', 'project.view_business_goals'),
    ('project', 'edit_business_goals', 'restricted', 'none', 'any', 'project.view_business_goals'),
    ('project', 'view_settings', 'permissive', 'none', 'any', NULL),
    ('project', 'view_settings', 'moderate', 'none', 'any', NULL),
    ('project', 'view_settings', 'restricted', 'none', 'any', NULL),
    ('project', 'view_visibility', 'permissive', 'none', 'any', NULL),
    ('project', 'view_visibility', 'moderate', 'none', 'any', NULL),
    ('project', 'view_visibility', 'restricted', 'none', 'any', NULL),
    ('project', 'edit_visibility', 'permissive', 'none', 'any', 'project.view_visibility'),
    ('project', 'edit_visibility', 'moderate', 'none', 'any', 'project.view_visibility'),
    ('project', 'edit_visibility', 'restricted', 'none', 'any', 'project.view_visibility'),
    ('vendor_team_member', 'view', 'permissive', 'any', 'any', NULL),
    ('vendor_team_member', 'view', 'moderate', 'any', 'any', NULL),
    ('vendor_team_member', 'view', 'restricted', 'any', 'any', NULL),
    ('vendor_team_member', 'invite', 'permissive', 'none', 'any', NULL),
    ('vendor_team_member', 'invite', 'moderate', 'none', 'any', NULL),
    ('vendor_team_member', 'invite', 'restricted', 'none', 'any', NULL),
    ('vendor_team_member', 'remove', 'permissive', 'none', 'any', NULL),
    ('vendor_team_member', 'remove', 'moderate', 'none', 'any', NULL),
    ('vendor_team_member', 'remove', 'restricted', 'none', 'any', NULL),
    ('partner_team_member', 'view', 'permissive', 'any', 'any', NULL),
    ('partner_team_member', 'view', 'moderate', 'any', 'any', NULL),
    ('partner_team_member', 'view', 'restricted', 'any', 'any', NULL),
    ('partner_team_member', 'invite', 'permissive', 'any', 'any', NULL),
    ('partner_team_member', 'invite', 'moderate', 'any', 'any', NULL),
    ('partner_team_member', 'invite', 'restricted', 'any', 'any', NULL),
    ('partner_team_member', 'remove', 'permissive', 'any', 'any', NULL),
    ('partner_team_member', 'remove', 'moderate', 'any', 'any', NULL),
    ('partner_team_member', 'remove', 'restricted', 'any', 'any', NULL),
    ('customer_team_member', 'view', 'permissive', 'any', 'any', NULL),
    ('customer_team_member', 'view', 'moderate', 'any', 'any', NULL),
    ('customer_team_member', 'view', 'restricted', 'any', 'any', NULL),
    ('customer_team_member', 'invite', 'permissive', 'none', 'any', NULL),
    ('customer_team_member', 'invite', 'moderate', 'none', 'any', NULL),
    ('customer_team_member', 'invite', 'restricted', 'none', 'any', NULL),
    ('customer_team_member', 'remove', 'permissive', 'none', 'any', NULL),
    ('customer_team_member', 'remove', 'moderate', 'none', 'any', NULL),
    ('customer_team_member', 'remove', 'restricted', 'none', 'any', NULL),
    ('project', 'view_plan', 'permissive', 'any', 'any', NULL),
    ('project', 'view_plan', 'moderate', 'any', 'any', NULL),
    ('project', 'view_plan', 'restricted', 'any', 'any', NULL),
    ('project', 'view_spaces', 'permissive', 'any', 'any', NULL),
    ('project', 'view_spaces', 'moderate', 'shared', 'any', NULL),
    ('project', 'view_spaces', 'restricted', 'shared', 'any', NULL),
    ('project', 'view_chat', 'permissive', 'any', 'invited', NULL),
    ('project', 'view_chat', 'moderate', 'shared', 'invited', NULL),
    ('project', 'view_chat', 'restricted', 'shared', 'invited', NULL),
    ('project', 'view_list', 'permissive', 'any', 'any', NULL),
    ('project', 'view_list', 'moderate', 'any', 'any', NULL),
    ('project', 'view_list', 'restricted', 'any', 'any', NULL),
    ('project', 'view_board', 'permissive', 'any', 'any', NULL),
    ('project', 'view_board', 'moderate', 'any', 'any', NULL),
    ('project', 'view_board', 'restricted', 'any', 'any', NULL),
    ('project', 'view_status_updates', 'permissive', 'any', 'any', NULL),
    ('project', 'view_status_updates', 'moderate', 'shared', 'any', NULL),
    ('project', 'view_status_updates', 'restricted', 'none', 'any', NULL),
    ('project', 'view_form_responses', 'permissive', 'any', 'any', NULL),
    ('project', 'view_form_responses', 'moderate', 'shared', 'any', NULL),
    ('project', 'view_form_responses', 'restricted', 'any', 'assigned_task', NULL),
    ('project', 'view_all_files', 'permissive', 'any', 'any', NULL),
    ('project', 'view_all_files', 'moderate', 'shared', 'any', NULL),
    ('project', 'view_all_files', 'restricted', 'any', 'assigned_task', NULL),
    ('phase', 'view', 'permissive', 'any', 'any', NULL),
    ('phase', 'view', 'moderate', 'shared', 'any', NULL),
    ('phase', 'view', 'restricted', 'any', 'assigned_task', NULL),
    ('phase', 'edit', 'permissive', 'any', 'any', 'phase.view'),
    ('phase', 'edit', 'moderate', 'none', 'any', 'phase.view'),
    ('phase', 'edit', 'restricted', 'none', 'any', 'phase.view'),
    ('phase', 'create', 'permissive', 'any', 'any', NULL),
    ('phase', 'create', 'moderate', 'none', 'any', NULL),
    ('phase', 'create', 'restricted', 'none', 'any', NULL),
    ('phase', 'delete', 'permissive', 'any', 'any', 'phase.view'),
    ('phase', 'delete', 'moderate', 'none', 'any', 'phase.view'),
    ('phase', 'delete', 'restricted', 'none', 'any', 'phase.view'),
    ('task', 'view', 'permissive', 'any', 'any', NULL),
    ('task', 'view', 'moderate', 'shared', 'any', NULL),
    ('task', 'view', 'restricted', 'any', 'assigned', NULL),
    ('task', 'edit', 'permissive', 'any', 'any', 'task.view'),
    ('task', 'edit', 'moderate', 'shared', 'any', 'task.view'),
    ('task', 'edit', 'restricted', 'any', 'assigned', 'task.view'),
    ('task', 'add_to_phase', 'permissive', 'any', 'any', NULL),
    ('task', 'add_to_phase', 'moderate', 'none', 'any', NULL),
    ('task', 'add_to_phase', 'restricted', 'none', 'any', NULL),
    ('task', 'delete_from_phase', 'permissive', 'any', 'any', 'task.view'),
    ('task', 'delete_from_phase', 'moderate', 'any', 'any', 'task.view'),
    ('task', 'delete_from_phase', 'restricted', 'none', 'any', 'task.view'),
    ('project_plan', 'export', 'permissive', 'any', 'any', NULL),
    ('project_plan', 'export', 'moderate', 'shared', 'any', NULL),
    ('project_plan', 'export', 'restricted', 'any', 'assigned', NULL),
    ('space', 'view', 'permissive', 'any', 'any', 'project.view_spaces'),
    ('space', 'view', 'moderate', 'shared', 'any', 'project.view_spaces'),
    ('space', 'view', 'restricted', 'none', 'any', 'project.view_spaces'),
    ('space', 'create', 'permissive', 'any', 'any', NULL),
    ('space', 'create', 'moderate', 'shared', 'any', NULL),
    ('space', 'create', 'restricted', 'none', 'any', NULL),
    ('space', 'edit', 'permissive', 'any', 'any', 'space.view'),
    ('space', 'edit', 'moderate', 'shared', 'any', 'space.view'),
    ('space', 'edit', 'restricted', 'none', 'any', 'space.view'),
    ('space', 'delete', 'permissive', 'any', 'any', 'space.view'),
    ('space', 'delete', 'moderate', 'shared', 'any', 'space.view'),
    ('space', 'delete', 'restricted', 'none', 'any', 'space.view'),
    ('document', 'view', 'permissive', 'any', 'any', 'project.view_spaces'),
    ('document', 'view', 'moderate', 'shared', 'any', 'project.view_spaces'),
    ('document', 'view', 'restricted', 'none', 'any', 'project.view_spaces'),
    ('document', 'create', 'permissive', 'any', 'any', NULL),
    ('document', 'create', 'moderate', 'shared', 'any', NULL),
    ('document', 'create', 'restricted', 'none', 'any', NULL),
    ('document', 'edit', 'permissive', 'any', 'any', 'document.view'),
    ('document', 'edit', 'moderate', 'shared', 'any', 'document.view'),
    ('document', 'edit', 'restricted', 'none', 'any', 'document.view'),
    ('document', 'delete', 'permissive', 'any', 'any', 'document.view'),
    ('document', 'delete', 'moderate', 'shared', 'any', 'document.view'),
    ('document', 'delete', 'restricted', 'none', 'any', 'document.view'),
    ('document_message', 'create', 'permissive', 'any', 'any', 'document.view'),
    ('document_message', 'create', 'moderate', 'shared', 'any', 'document.view'),
    ('document_message', 'create', 'restricted', 'none', 'any', 'document.view'),
    ('document_message', 'view', 'permissive', 'any', 'any', 'document.view'),
    ('document_message', 'view', 'moderate', 'shared', 'any', 'document.view'),
    ('document_message', 'view', 'restricted', 'none', 'any', 'document.view'),
    ('document_message', 'edit', 'permissive', 'any', 'own', 'document.view document_message.view'),
    ('document_message', 'edit', 'moderate', 'any', 'own', 'document.view document_message.view'),
    ('document_message', 'edit', 'restricted', 'any', 'own', 'document.view document_message.view'),
    ('document_message', 'delete', 'permissive', 'any', 'own', 'document.view document_message.view'),
    ('document_message', 'delete', 'moderate', 'any', 'own', 'document.view document_message.view'),
    ('document_message', 'delete', 'restricted', 'any', 'own', 'document.view document_message.view'),
    ('document_message', 'react', 'permissive', 'any', 'any', 'document.view document_message.view'),
    ('document_message', 'react', 'moderate', 'shared', 'any', 'document.view document_message.view'),
    ('document_message', 'react', 'restricted', 'shared', 'any', 'document.view document_message.view'),
    ('document_message', 'reply', 'permissive', 'any', 'any', 'document.view document_message.view'),
    ('document_message', 'reply', 'moderate', 'shared', 'any', 'document.view document_message.view'),
    ('document_message', 'reply', 'restricted', 'shared', 'any', 'document.view document_message.view'),
    ('document_comment', 'create', 'permissive', 'any', 'any', 'document.view'),
    ('document_comment', 'create', 'moderate', 'shared', 'any', 'document.view'),
    ('document_comment', 'create', 'restricted', 'shared', 'any', 'document.view'),
    ('document_comment', 'view', 'permissive', 'any', 'any', 'document.view'),
    ('document_comment', 'view', 'moderate', 'shared', 'any', 'document.view'),
    ('document_comment', 'view', 'restricted', 'shared', 'any', 'document.view'),
    ('document_comment', 'edit', 'permissive', 'any', 'own', 'document.view document_comment.view'),
    ('document_comment', 'edit', 'moderate', 'any', 'own', 'document.view document_comment.view'),
    ('document_comment', 'edit', 'restricted', 'any', 'own', 'document.view document_comment.view'),
    ('document_comment', 'delete', 'permissive', 'any', 'own', 'document.view document_comment.view'),
    ('document_comment', 'delete', 'moderate', 'any', 'own', 'document.view document_comment.view'),
    ('document_comment', 'delete', 'restricted', 'any', 'own', 'document.view document_comment.view'),
    ('document_comment', 'resolve', 'permissive', 'any', 'any', 'document.view document_comment.view'),
    ('document_comment', 'resolve', 'moderate', 'shared', 'any', 'document.view document_comment.view'),
    ('document_comment', 'resolve', 'restricted', 'shared', 'any', 'document.view document_comment.view'),
    ('document_comment', 'reply', 'permissive', 'any', 'any', 'document.view document_comment.view'),
    ('document_comment', 'reply', 'moderate', 'shared', 'any', 'document.view document_comment.view'),
    ('document_comment', 'reply', 'restricted', 'shared', 'any', 'document.view document_comment.view'),
    ('document', 'freeze', 'permissive', 'any', 'any', 'document.view'),
    ('document', 'freeze', 'moderate', 'shared', 'any', 'document.view'),
    ('document', 'freeze', 'restricted', 'none', 'any', 'document.view'),
    ('document', 'unfreeze', 'permissive', 'any', 'any', 'document.view'),
    ('document', 'unfreeze', 'moderate', 'shared', 'any', 'document.view'),
    ('document', 'unfreeze', 'restricted', 'none', 'any', 'document.view'),
    ('document_approval', 'view', 'permissive', 'any', 'any', 'document.view'),
    ('document_approval', 'view', 'moderate', 'shared', 'any', 'document.view'),
    ('document_approval', 'view', 'restricted', 'shared', 'any', 'document.view'),
    ('document_approval', 'create', 'permissive', 'any', 'any', NULL),
    ('document_approval', 'create', 'moderate', 'shared', 'any', NULL),
    ('document_approval', 'create', 'restricted', 'shared', 'any', NULL),
    ('document_approval', 'approve', 'permissive', 'any', 'assigned', NULL),
    ('document_approval', 'approve', 'moderate', 'any', 'assigned', NULL),
    ('document_approval', 'approve', 'restricted', 'any', 'assigned', NULL),
    ('document_approval', 'request_changes', 'permissive', 'any', 'assigned', NULL),
    ('document_approval', 'request_changes', 'moderate', 'any', 'assigned', NULL),
    ('document_approval', 'request_changes', 'restricted', 'any', 'assigned', NULL),
    ('document_approval', 'delete', 'permissive', 'any', 'own', NULL),
    ('document_approval', 'delete', 'moderate', 'any', 'own', NULL),
    ('document_approval', 'delete', 'restricted', 'any', 'own', NULL),
    ('document_approval', 'be_tagged', 'permissive', 'any', 'any', NULL),
    ('document_approval', 'be_tagged', 'moderate', 'shared', 'any', NULL),
    ('document_approval', 'be_tagged', 'restricted', 'shared', 'any', NULL),
    ('document_approval', 'assign_to_vendors', 'permissive', 'any', 'any', NULL),
    ('document_approval', 'assign_to_vendors', 'moderate', 'any', 'any', NULL),
    ('document_approval', 'assign_to_vendors', 'restricted', 'any', 'any', NULL),
    ('document_approval', 'assign_to_customers', 'permissive', 'any', 'any', NULL),
    ('document_approval', 'assign_to_customers', 'moderate', 'any', 'any', NULL),
    ('document_approval', 'assign_to_customers', 'restricted', 'any', 'any', NULL),
    ('document', 'export_pdf', 'permissive', 'any', 'any', 'document.view'),
    ('document', 'export_pdf', 'moderate', 'any', 'any', 'document.view'),
    ('document', 'export_pdf', 'restricted', 'any', 'any', 'document.view'),
    ('document_task', 'create', 'permissive', 'any', 'any', NULL),
    ('document_task', 'create', 'moderate', 'none', 'any', NULL),
    ('document_task', 'create', 'restricted', 'none', 'any', NULL),
    ('conversation', 'create', 'permissive', 'any', 'any', NULL),
    ('conversation', 'create', 'moderate', 'shared', 'any', NULL),
    ('conversation', 'create', 'restricted', 'none', 'any', NULL),
    ('conversation', 'view', 'permissive', 'any', 'any', 'project.view_chat'),
    ('conversation', 'view', 'moderate', 'shared', 'any', 'project.view_chat'),
    ('conversation', 'view', 'restricted', 'shared', 'invited', 'project.view_chat'),
    ('status_update', 'view', 'permissive', 'any', 'any', 'project.view_status_updates'),
    ('status_update', 'view', 'moderate', 'shared', 'any', 'project.view_status_updates'),
    ('status_update', 'view', 'restricted', 'none', 'any', 'project.view_status_updates'),
    ('status_update', 'create', 'permissive', 'any', 'any', NULL),
    ('status_update', 'create', 'moderate', 'shared', 'any', NULL),
    ('status_update', 'create', 'restricted', 'none', 'any', NULL),
    ('status_update', 'publish', 'permissive', 'any', 'any', 'status_update.view'),
    ('status_update', 'publish', 'moderate', 'shared', 'any', 'status_update.view'),
    ('status_update', 'publish', 'restricted', 'none', 'any', 'status_update.view'),
    ('status_update', 'delete', 'permissive', 'any', 'any', 'status_update.view'),
    ('status_update', 'delete', 'moderate', 'shared', 'any', 'status_update.view'),
    ('status_update', 'delete', 'restricted', 'none', 'any', 'status_update.view'),
    ('status_update', 'send_to_ccs', 'permissive', 'any', 'any', 'status_update.view'),
    ('status_update', 'send_to_ccs', 'moderate', 'shared', 'any', 'status_update.view'),
    ('status_update', 'send_to_ccs', 'restricted', 'none', 'any', 'status_update.view'),
    ('file', 'view', 'permissive', 'any', 'any', 'project.view_all_files'),
    ('file', 'view', 'moderate', 'shared', 'any', 'project.view_all_files'),
    ('file', 'view', 'restricted', 'any', 'assigned_task', 'project.view_all_files'),
    ('file', 'upload', 'permissive', 'any', 'any', NULL),
    ('file', 'upload', 'moderate', 'shared', 'any', NULL),
    ('file', 'upload', 'restricted', 'any', 'assigned_task', NULL),
    ('file', 'delete', 'permissive', 'any', 'any', 'file.view'),
    ('file', 'delete', 'moderate', 'shared', 'any', 'file.view'),
    ('file', 'delete', 'restricted', 'any', 'assigned_task', 'file.view'),
    ('file', 'export', 'permissive', 'any', 'any', 'file.view'),
    ('file', 'export', 'moderate', 'shared', 'any', 'file.view'),
    ('file', 'export', 'restricted', 'any', 'assigned_task', 'file.view'),
    ('form_task', 'access', 'permissive', 'any', 'any', NULL),
    ('form_task', 'access', 'moderate', 'shared', 'any', NULL),
    ('form_task', 'access', 'restricted', 'any', 'assigned_task', NULL),
    ('form', 'reply', 'permissive', 'any', 'any', 'form_task.access'),
    ('form', 'reply', 'moderate', 'any', 'any', 'form_task.access'),
    ('form', 'reply', 'restricted', 'any', 'any', 'form_task.access'),
    ('form_response', 'view', 'permissive', 'any', 'any', 'project.view_form_responses form_task.access'),
    ('form_response', 'view', 'moderate', 'any', 'any', 'project.view_form_responses form_task.access'),
    ('form_response', 'view', 'restricted', 'any', 'any', 'project.view_form_responses form_task.access'),
    ('form_response', 'edit', 'permissive', 'any', 'any', 'form_response.view'),
    ('form_response', 'edit', 'moderate', 'none', 'any', 'form_response.view'),
    ('form_response', 'edit', 'restricted', 'none', 'any', 'form_response.view');
CREATE TABLE clearance.staged_supplement (level text, feature text, action text, visibility text, relation text, reach text, comment text);
INSERT INTO clearance.staged_supplement VALUES
    ('account_admin', 'project', 'unarchive', 'any', 'any', 'account', 'archived projects are reopened by account admins only'),
    ('super_user', 'sign_off', 'view', 'any', 'any', NULL, 'the delivery team writes sign-offs and sends them to the customer'),
    ('super_user', 'sign_off', 'create', 'any', 'any', NULL, 'the delivery team writes sign-offs and sends them to the customer'),
    ('super_user', 'sign_off', 'edit', 'any', 'any', NULL, 'the delivery team writes sign-offs and sends them to the customer'),
    ('super_user', 'sign_off', 'send', 'any', 'any', NULL, 'the delivery team writes sign-offs and sends them to the customer'),
    ('collaborator', 'sign_off', 'view', 'any', 'any', NULL, 'the delivery team writes sign-offs and sends them to the customer'),
    ('collaborator', 'sign_off', 'create', 'any', 'any', NULL, 'the delivery team writes sign-offs and sends them to the customer'),
    ('collaborator', 'sign_off', 'edit', 'any', 'any', NULL, 'the delivery team writes sign-offs and sends them to the customer'),
    ('collaborator', 'sign_off', 'send', 'any', 'any', NULL, 'the delivery team writes sign-offs and sends them to the customer'),
    ('super_user', 'sign_off', 'delete', 'any', 'any', NULL, 'a super user deletes documents; sign-offs alike'),
    ('collaborator', 'sign_off', 'delete', 'any', 'own', NULL, 'a collaborator deletes no documents of others; its own sign-offs it may withdraw'),
    ('permissive', 'sign_off', 'view', 'any', 'any', NULL, 'sign-offs are between vendor and customer; a trusted partner reads them'),
    ('moderate', 'sign_off', 'view', 'shared', 'any', NULL, 'reads the shared ones'),
    ('super_user', 'raid_item', 'view', 'any', 'any', NULL, 'the RAID log: as their task cells'),
    ('super_user', 'raid_item', 'create', 'any', 'any', NULL, 'the RAID log: as their task cells'),
    ('super_user', 'raid_item', 'edit', 'any', 'any', NULL, 'the RAID log: as their task cells'),
    ('super_user', 'raid_item', 'delete', 'any', 'any', NULL, 'the RAID log: as their task cells'),
    ('collaborator', 'raid_item', 'view', 'any', 'any', NULL, 'the RAID log: as their task cells'),
    ('collaborator', 'raid_item', 'create', 'any', 'any', NULL, 'the RAID log: as their task cells'),
    ('collaborator', 'raid_item', 'edit', 'any', 'any', NULL, 'the RAID log: as their task cells'),
    ('collaborator', 'raid_item', 'delete', 'any', 'any', NULL, 'the RAID log: as their task cells'),
    ('permissive', 'raid_item', 'view', 'any', 'any', NULL, 'the RAID log: as its task cells'),
    ('permissive', 'raid_item', 'create', 'any', 'any', NULL, 'the RAID log: as its task cells'),
    ('permissive', 'raid_item', 'edit', 'any', 'any', NULL, 'the RAID log: as its task cells'),
    ('permissive', 'raid_item', 'delete', 'any', 'any', NULL, 'the RAID log: as its task cells'),
    ('moderate', 'raid_item', 'view', 'shared', 'any', NULL, 'the RAID log: as its task cells'),
    ('moderate', 'raid_item', 'edit', 'shared', 'any', NULL, 'the RAID log: as its task cells'),
    ('restricted', 'raid_item', 'view', 'any', 'assigned', NULL, 'the RAID log: as its task cells'),
    ('restricted', 'raid_item', 'edit', 'any', 'assigned', NULL, 'the RAID log: as its task cells'),
    ('super_user', 'milestone', 'view', 'any', 'any', NULL, 'milestones: as their task cells'),
    ('super_user', 'milestone', 'create', 'any', 'any', NULL, 'milestones: as their task cells'),
    ('super_user', 'milestone', 'edit', 'any', 'any', NULL, 'milestones: as their task cells'),
    ('super_user', 'milestone', 'delete', 'any', 'any', NULL, 'milestones: as their task cells'),
    ('collaborator', 'milestone', 'view', 'any', 'any', NULL, 'milestones: as their task cells'),
    ('collaborator', 'milestone', 'create', 'any', 'any', NULL, 'milestones: as their task cells'),
    ('collaborator', 'milestone', 'edit', 'any', 'any', NULL, 'milestones: as their task cells'),
    ('collaborator', 'milestone', 'delete', 'any', 'any', NULL, 'milestones: as their task cells'),
    ('permissive', 'milestone', 'view', 'any', 'any', NULL, 'milestones: as its task cells'),
    ('permissive', 'milestone', 'create', 'any', 'any', NULL, 'milestones: as its task cells'),
    ('permissive', 'milestone', 'edit', 'any', 'any', NULL, 'milestones: as its task cells'),
    ('permissive', 'milestone', 'delete', 'any', 'any', NULL, 'milestones: as its task cells'),
    ('moderate', 'milestone', 'view', 'shared', 'any', NULL, 'milestones: as its task cells'),
    ('moderate', 'milestone', 'edit', 'shared', 'any', NULL, 'milestones: as its task cells'),
    ('restricted', 'milestone', 'view', 'any', 'assigned', NULL, 'milestones: as its task cells'),
    ('restricted', 'milestone', 'edit', 'any', 'assigned', NULL, 'milestones: as its task cells'),
    ('moderate', 'raid_item', 'create', 'shared', 'any', NULL, 'who reads the RAID log may raise a risk; as document comments'),
    ('super_user', 'form_task', 'create', 'any', 'any', NULL, 'a form is a task: as their task cells'),
    ('super_user', 'form_task', 'edit', 'any', 'any', NULL, 'a form is a task: as their task cells'),
    ('super_user', 'form_task', 'delete', 'any', 'any', NULL, 'a form is a task: as their task cells'),
    ('collaborator', 'form_task', 'create', 'any', 'any', NULL, 'a form is a task: as their task cells'),
    ('collaborator', 'form_task', 'edit', 'any', 'any', NULL, 'a form is a task: as their task cells'),
    ('collaborator', 'form_task', 'delete', 'any', 'any', NULL, 'a form is a task: as their task cells'),
    ('permissive', 'folder', 'view', 'any', 'any', NULL, 'folders hold the files: as its file.view cell'),
    ('moderate', 'folder', 'view', 'shared', 'any', NULL, 'folders hold the files: as its file.view cell'),
    ('restricted', 'folder', 'view', 'any', 'assigned_task', NULL, 'folders hold the files: as its file.view cell'),
    ('permissive', 'conversation', 'send_messages', 'any', 'any', NULL, 'who reads a conversation may write in it'),
    ('moderate', 'conversation', 'send_messages', 'shared', 'any', NULL, 'who reads a conversation may write in it'),
    ('restricted', 'conversation', 'send_messages', 'shared', 'invited', NULL, 'who reads a conversation may write in it'),
    ('permissive', 'task', 'send_messages', 'any', 'any', NULL, 'who reads a task may write to it'),
    ('moderate', 'task', 'send_messages', 'shared', 'any', NULL, 'who reads a task may write to it'),
    ('restricted', 'task', 'send_messages', 'any', 'assigned', NULL, 'who reads a task may write to it'),
    ('permissive', 'task', 'mark_private', 'any', 'any', NULL, 'only a level that edits private tasks may make one private'),
    ('permissive', 'document_approval', 'assign', 'any', 'any', NULL, 'assign_to_vendors and assign_to_customers let it name approvers'),
    ('moderate', 'document_approval', 'assign', 'shared', 'any', NULL, 'assign_to_vendors and assign_to_customers let it name approvers'),
    ('client', 'project', 'view', 'any', 'any', NULL, 'the portal shows the project'),
    ('client', 'task', 'view', 'any', 'any', NULL, 'as far as client visibility of the task goes'),
    ('client', 'task', 'edit', 'any', 'any', NULL, 'as far as client visibility of the task goes'),
    ('client', 'file', 'view', 'any', 'any', NULL, 'as far as client visibility of the file goes'),
    ('client', 'file', 'edit', 'any', 'any', NULL, 'as far as client visibility of the file goes'),
    ('client', 'file', 'create', 'any', 'any', NULL, 'where the project switches client upload on'),
    ('client', 'file', 'view', 'any', 'own', NULL, 'an uploader sees its own file even if hidden'),
    ('client', 'sign_off', 'view', 'any', 'any', NULL, 'once sent'),
    ('client', 'sign_off', 'sign', 'any', 'any', NULL, 'once sent');
-- ---------------------------------------------------------------------------
-- The built-in levels, derived from the staged data (src/data/*.csv).
-- A staged cell says what one level may do with one action; visibility none
-- is a cell that says no.
-- ---------------------------------------------------------------------------
INSERT INTO clearance.level (id, name, audience, built_in, description) VALUES
    (1, 'account_admin', 'vendor', true, 'holds every action in the whole account'),
    (2, 'super_user', 'vendor', true, 'runs all projects of the account'),
    (3, 'collaborator', 'vendor', true, 'works on its own projects'),
    (4, 'permissive', 'partner', true, 'shared and private rows of its projects'),
    (5, 'moderate', 'partner', true, 'shared rows of its projects'),
    (6, 'restricted', 'partner', true, 'what is assigned to it'),
    (7, 'client', 'customer', true, 'what the client portal shows');

INSERT INTO clearance.role (id, name, level_id, built_in)
SELECT id, name, id, true FROM clearance.level WHERE audience = 'vendor' ORDER BY id;

-- One name for one thing: from here on both matrices speak canonical names.
CREATE TABLE clearance.staged_cell AS
SELECT p.level, 'partner' AS audience,
       coalesce(n.canonical_feature, p.feature) AS feature,
       coalesce(n.canonical_action, p.action) AS action,
       p.visibility, p.relation, NULL::text AS reach
FROM clearance.staged_partner_matrix p
LEFT JOIN clearance.staged_aliases n ON (n.source, n.feature, n.action) = ('partner', p.feature, p.action)
UNION ALL
SELECT a.role, 'vendor',
       coalesce(n.canonical_feature, a.feature),
       coalesce(n.canonical_action, a.action),
       CASE a.verdict WHEN 'can' THEN 'any' ELSE 'none' END, 'any',
       CASE WHEN a.scope IN ('global', 'all') THEN 'account'
            WHEN a.scope LIKE 'own\_projects\_%' THEN 'owned'
            -- other cells reach as far as project.view, which needs a reach of its own
            WHEN (a.feature, a.action) = ('project', 'view') THEN 'member' END
FROM clearance.staged_account_matrix a
LEFT JOIN clearance.staged_aliases n ON (n.source, n.feature, n.action) = ('account', a.feature, a.action)
UNION ALL
SELECT s.level, l.audience, s.feature, s.action, s.visibility, s.relation, s.reach
FROM clearance.staged_supplement s JOIN clearance.level l ON l.name = s.level;

-- account_admin holds whatever exists: the engine knows, nothing is stored.
-- Its cells have served to name actions that nobody else holds.
CREATE TABLE clearance.staged_name AS
SELECT DISTINCT feature, action FROM clearance.staged_cell;
DELETE FROM clearance.staged_cell WHERE level = 'account_admin';

-- Vendor: never less than the most trusted outsider. Where columns have cells,
-- edit follows from those.
INSERT INTO clearance.staged_cell
SELECT v.name, v.audience, c.feature, c.action, c.visibility, c.relation
FROM clearance.staged_cell c, clearance.level v
WHERE c.level = 'permissive' AND v.name IN ('super_user', 'collaborator')
  AND NOT EXISTS (SELECT FROM clearance.staged_cell e
                  WHERE (e.level, e.feature) = (v.name, c.feature)
                    AND (e.action = c.action OR c.action = 'edit' AND e.action LIKE 'edit\_%'));

-- Actions whose name alone says that they change nothing.
CREATE FUNCTION clearance.name_reads(action text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN action ~ '^(view|access|export)(_|$)';
REVOKE ALL ON FUNCTION clearance.name_reads(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.name_reads(text) IS 'whether an action''s name says that it only reads';

-- Any feature may be a table's: each has the actions that SQL commands, owner
-- columns and link tables ask for.
INSERT INTO clearance.feature (name, built_in, description)
SELECT n.feature, true, f.description
FROM (SELECT DISTINCT feature FROM clearance.staged_name) n
LEFT JOIN clearance.staged_features f ON f.name = n.feature
ORDER BY n.feature;

INSERT INTO clearance.action (feature, name, reads, built_in)
SELECT feature, action, clearance.name_reads(action), true
FROM (SELECT feature, action FROM clearance.staged_name
      UNION
      SELECT f.name, a.name
      FROM clearance.feature f, unnest('{view,create,edit,delete,assign,invite,change_owner}'::text[]) a (name)) n
ORDER BY feature, action;

-- A column that every vendor member may edit goes with a partner's edit, so that
-- guarding it takes nothing from that.
UPDATE clearance.action a SET comes_with_edit = true
WHERE a.name LIKE 'edit\_%'
  AND (SELECT count(*) = 2 FROM clearance.staged_cell c
       WHERE (c.audience, c.feature, c.action) = ('vendor', a.feature, a.name) AND c.visibility <> 'none')
  AND NOT EXISTS (SELECT FROM clearance.staged_cell c
                  WHERE (c.audience, c.feature, c.action) = ('partner', a.feature, a.name));

INSERT INTO clearance.action_alias (source, feature, action, canonical_feature, canonical_action)
SELECT source, feature, action, canonical_feature, canonical_action
FROM clearance.staged_aliases ORDER BY source, feature, action;

INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation, reach, built_in)
SELECT DISTINCT l.id, c.feature, c.action, c.visibility, c.relation, c.reach, true
FROM clearance.staged_cell c JOIN clearance.level l ON l.name = c.level
WHERE c.visibility <> 'none'
ORDER BY l.id, c.feature, c.action;

-- cells that say no where something might follow
INSERT INTO clearance.level_denial (level_id, feature, action, built_in)
SELECT DISTINCT l.id, c.feature, c.action, true
FROM clearance.staged_cell c JOIN clearance.level l ON l.name = c.level
WHERE c.visibility = 'none' AND (c.action IN ('edit', 'assign') OR c.action LIKE 'edit\_%')
ORDER BY 1, 2, 3;

INSERT INTO clearance.not_available (level_id, feature, action, built_in)
SELECT l.id, coalesce(n.canonical_feature, a.feature), coalesce(n.canonical_action, a.action), true
FROM clearance.staged_account_matrix a
JOIN clearance.level l ON l.name = a.role
LEFT JOIN clearance.staged_aliases n ON (n.source, n.feature, n.action) = ('account', a.feature, a.action)
WHERE a.verdict = 'not_available'
ORDER BY 1, 2, 3;

INSERT INTO clearance.gate (feature, action, gate_feature, gate_action, audiences, built_in)
SELECT DISTINCT coalesce(n.canonical_feature, p.feature), coalesce(n.canonical_action, p.action),
       coalesce(m.canonical_feature, g.feature), coalesce(m.canonical_action, g.action),
       '{partner}'::text[], true
FROM clearance.staged_partner_matrix p
CROSS JOIN LATERAL (SELECT split_part(name, '.', 1) AS feature, split_part(name, '.', 2) AS action
                    FROM regexp_split_to_table(p.gate, ' ') name) g
LEFT JOIN clearance.staged_aliases n ON (n.source, n.feature, n.action) = ('partner', p.feature, p.action)
LEFT JOIN clearance.staged_aliases m ON (m.source, m.feature, m.action) = ('partner', g.feature, g.action)
ORDER BY 1, 2, 3, 4;

DROP TABLE clearance.staged_cell, clearance.staged_name, clearance.staged_partner_matrix,
    clearance.staged_account_matrix, clearance.staged_aliases, clearance.staged_supplement,
    clearance.staged_features;

-- ---------------------------------------------------------------------------
-- What the levels hold
-- ---------------------------------------------------------------------------
-- Functions, because pg_dump forbids views to whatever a policy calls.
CREATE FUNCTION clearance.given_grants()
RETURNS TABLE (level_id integer, feature text, action text, visibility text, relation text, reach text, kinds text[])
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT g.level_id, g.feature, g.action, g.visibility, g.relation, g.reach, g.kinds
    FROM clearance.level_grant g
    WHERE NOT (g.built_in
               AND EXISTS (SELECT FROM clearance.level_denial d
                           WHERE d.level_id = g.level_id AND d.feature = g.feature AND d.action = g.action));
END;
REVOKE ALL ON FUNCTION clearance.given_grants() FROM PUBLIC;
COMMENT ON FUNCTION clearance.given_grants() IS 'grants given to levels: the built-in ones that are not denied, and those added';

-- The rights that follow from others, unless something is said of them: a grant,
-- a denial, or that they are not available. relation: what the right is limited
-- to; any_only: it follows from unlimited rights; weak: it does not where
-- something is said of what it follows from otherwise. From levels to levels,
-- and from switches to members (vocabulary.c, rule.c).
CREATE FUNCTION clearance.consequences()
RETURNS TABLE (audience text, feature text, source text, action text, relation text, any_only boolean, weak boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    -- vendor: edit, from any column that may be edited
    SELECT 'vendor', a.feature, a.name, 'edit', NULL::text, false, false
    FROM clearance.action a WHERE a.name LIKE 'edit\_%'
    UNION ALL
    -- all: edit of what one created
    SELECT v.audience, a.feature, a.name, 'edit', 'own', false, true
    FROM clearance.action a, (VALUES ('vendor'), ('partner'), ('customer')) v (audience) WHERE a.name = 'create'
    UNION ALL
    -- vendor: assign, from the right to edit the assignee, or the whole row where nothing is said of assignees
    SELECT 'vendor', a.feature, a.name, 'assign', NULL, false, a.name = 'edit'
    FROM clearance.action a WHERE a.name IN ('edit', 'edit_assignee')
    UNION ALL
    -- partners: assign, from unlimited edit
    SELECT 'partner', a.feature, a.name, 'assign', NULL, true, false
    FROM clearance.action a WHERE a.name = 'edit'
    UNION ALL
    -- partners: columns, from edit
    SELECT 'partner', a.feature, 'edit', a.name, NULL, a.name = 'edit_assignee', false
    FROM clearance.action a WHERE a.comes_with_edit;
END;
REVOKE ALL ON FUNCTION clearance.consequences() FROM PUBLIC;
COMMENT ON FUNCTION clearance.consequences() IS 'rights that follow from others, where nothing is said about them';

CREATE FUNCTION clearance.level_says()
RETURNS TABLE (level_id integer, feature text, action text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT g.level_id, g.feature, g.action FROM clearance.level_grant g
    UNION ALL
    SELECT d.level_id, d.feature, d.action FROM clearance.level_denial d
    UNION ALL
    SELECT n.level_id, n.feature, n.action FROM clearance.not_available n;
END;
REVOKE ALL ON FUNCTION clearance.level_says() FROM PUBLIC;
COMMENT ON FUNCTION clearance.level_says() IS 'actions that a level is given or denied, or that are not available to it';

CREATE FUNCTION clearance.effective_grants()
RETURNS TABLE (level_id integer, feature text, action text, visibility text, relation text, reach text, kinds text[])
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_effective_grants';
REVOKE ALL ON FUNCTION clearance.effective_grants() FROM PUBLIC;
COMMENT ON FUNCTION clearance.effective_grants() IS
'grants in force, as the engine knows them: those given to levels, and those that follow from them';

CREATE VIEW clearance.effective_grant AS SELECT * FROM clearance.effective_grants();
COMMENT ON VIEW clearance.effective_grant IS
'grants in force: those given to levels, and those that follow from them. account_admin, which holds everything, is not listed';

CREATE VIEW clearance.admin_grant AS
SELECT l.id AS level_id, a.feature, a.name AS action, 'any' AS visibility, 'any' AS relation, 'account' AS reach, NULL::text[] AS kinds
FROM clearance.level l CROSS JOIN clearance.action a
WHERE l.name = 'account_admin' AND l.built_in;
COMMENT ON VIEW clearance.admin_grant IS 'everything that account_admin holds, spelt out';

CREATE VIEW clearance.given_grant AS
TABLE clearance.admin_grant UNION ALL SELECT * FROM clearance.given_grants();
COMMENT ON VIEW clearance.given_grant IS 'what levels were given, without what follows from it; with everything that account_admin holds';

CREATE VIEW clearance.held_grant AS
TABLE clearance.admin_grant UNION ALL SELECT * FROM clearance.effective_grant;
COMMENT ON VIEW clearance.held_grant IS 'effective_grant with everything that account_admin holds spelt out';

CREATE VIEW clearance.matrix AS
SELECT l.name AS level, l.audience, a.feature, a.name AS action,
       g.visibility, g.relation, g.reach, g.kinds,
       CASE WHEN n.level_id IS NOT NULL THEN 'not_available'
            WHEN g.level_id IS NOT NULL THEN 'can'
            ELSE 'cannot' END AS verdict,
       ARRAY(SELECT t.gate_feature || '.' || t.gate_action
             FROM clearance.gate t
             WHERE (t.feature, t.action) = (a.feature, a.name) AND l.audience = ANY (t.audiences)
             ORDER BY 1) AS gates
FROM clearance.level l
CROSS JOIN clearance.action a
LEFT JOIN clearance.held_grant g ON (g.level_id, g.feature, g.action) = (l.id, a.feature, a.name)
LEFT JOIN clearance.not_available n ON (n.level_id, n.feature, n.action) = (l.id, a.feature, a.name);
COMMENT ON VIEW clearance.matrix IS
'every level and action: what is granted (a line for each grant), whether it can, cannot or is not available, and the gates that must be met too';

-- ---------------------------------------------------------------------------
-- Checks of names, shared with other modules
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.require_identifier(what text, name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF name IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = format('%s is null', what);
    ELSIF name !~ '^[a-z][a-z0-9_]*$' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s "%s" is not an identifier', what, name),
            HINT = 'Use lower-case letters, digits and underscores, a letter first.';
    END IF;
END $$;
REVOKE ALL ON FUNCTION clearance.require_identifier(text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_identifier(text, text) IS 'raises unless the name is an identifier';

CREATE FUNCTION clearance.require_choice(what text, value text, choices text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF value IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = format('%s is null', what),
            HINT = format('It is one of: %s.', array_to_string(choices, ', '));
    ELSIF value <> ALL (choices) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('unknown %s "%s"', what, value),
            HINT = format('Use one of: %s.', array_to_string(choices, ', '));
    END IF;
END $$;
REVOKE ALL ON FUNCTION clearance.require_choice(text, text, text[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_choice(text, text, text[]) IS 'raises unless the value is one of the choices';

CREATE FUNCTION clearance.require_level(name text, audience text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_level clearance.level;
BEGIN
    IF name IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'level is null';
    END IF;
    SELECT * INTO found_level FROM clearance.level l WHERE l.name = require_level.name;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('level "%s" does not exist', name),
            HINT = (SELECT format('Levels are: %s. clearance.create_level() adds one.', string_agg(l.name, ', ' ORDER BY l.id))
                    FROM clearance.level l
                    WHERE require_level.audience IS NULL OR l.audience = require_level.audience);
    ELSIF found_level.audience <> audience THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('level "%s" is of audience %s, not %s', name, found_level.audience, audience),
            HINT = (SELECT format('Levels of audience %s are: %s.', require_level.audience, string_agg(l.name, ', ' ORDER BY l.id))
                    FROM clearance.level l WHERE l.audience = require_level.audience);
    END IF;
    RETURN found_level.id;
END $$;
REVOKE ALL ON FUNCTION clearance.require_level(text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_level(text, text) IS 'id of a level; raises if there is none, or if it is of another audience';

CREATE FUNCTION clearance.require_feature(name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF name IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'feature is null';
    ELSIF NOT EXISTS (SELECT FROM clearance.feature f WHERE f.name = require_feature.name) THEN
        RAISE undefined_object USING
            MESSAGE = format('feature "%s" does not exist', name),
            HINT = coalesce(
                (SELECT format('It is named %s here.', string_agg(DISTINCT n.canonical_feature, ' or '))
                 FROM clearance.action_alias n WHERE n.feature = require_feature.name
                 HAVING count(*) > 0),
                'Table clearance.feature lists the features; clearance.create_feature() adds one.');
    END IF;
END $$;
REVOKE ALL ON FUNCTION clearance.require_feature(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_feature(text) IS 'raises unless the feature exists';

CREATE FUNCTION clearance.require_action(feature text, action text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM clearance.require_feature(feature);
    IF action IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'action is null';
    ELSIF NOT EXISTS (SELECT FROM clearance.action a
                      WHERE (a.feature, a.name) = (require_action.feature, require_action.action)) THEN
        RAISE undefined_object USING
            MESSAGE = format('feature "%s" has no action "%s"', feature, action),
            HINT = coalesce(
                (SELECT format('It is named %s.%s here.', n.canonical_feature, n.canonical_action)
                 FROM clearance.action_alias n
                 WHERE (n.feature, n.action) = (require_action.feature, require_action.action)
                 LIMIT 1),
                (SELECT format('Its actions are: %s. clearance.create_action() adds one.', string_agg(a.name, ', ' ORDER BY a.name))
                 FROM clearance.action a WHERE a.feature = require_action.feature
                 HAVING count(*) > 0),
                'clearance.create_action() adds one.');
    END IF;
END $$;
REVOKE ALL ON FUNCTION clearance.require_action(text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_action(text, text) IS 'raises unless the feature has the action';

CREATE FUNCTION clearance.parse_action(name text, OUT feature text, OUT action text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF name IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'action is null';
    ELSIF name !~ '^[^.]+\.[^.]+$' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"%s" does not name an action', name),
            HINT = 'Write feature.action, for example task.edit.';
    END IF;
    feature := split_part(name, '.', 1);
    action := split_part(name, '.', 2);
    PERFORM clearance.require_action(feature, action);
END $$;
REVOKE ALL ON FUNCTION clearance.parse_action(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.parse_action(text) IS 'takes feature.action apart; raises unless it exists';

-- ---------------------------------------------------------------------------
-- Levels
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.create_level(
    name text, audience text, based_on text DEFAULT NULL, description text DEFAULT NULL
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    base_id integer;
    new_id  integer;
BEGIN
    PERFORM clearance.require_operator('change levels');
    PERFORM clearance.require_choice('audience', audience, '{vendor,partner,customer}');
    IF name IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'level is null';
    ELSIF btrim(name) = '' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'name of the level is blank';
    END IF;
    PERFORM clearance.require_line('name of the level', name);
    IF based_on IS NOT NULL THEN
        base_id := clearance.require_level(based_on, audience);
    END IF;

    INSERT INTO clearance.level (name, audience, description)
    VALUES (create_level.name, create_level.audience, create_level.description)
    ON CONFLICT DO NOTHING
    RETURNING id INTO new_id;
    IF new_id IS NULL THEN
        RAISE duplicate_object USING MESSAGE = format('level "%s" already exists', name);
    END IF;

    INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation, reach, kinds)
    SELECT DISTINCT new_id, g.feature, g.action, g.visibility, g.relation, g.reach, g.kinds
    FROM clearance.given_grant g WHERE g.level_id = base_id;
    INSERT INTO clearance.level_denial (level_id, feature, action)
    SELECT new_id, d.feature, d.action
    FROM clearance.level_denial d WHERE d.level_id = base_id;
    INSERT INTO clearance.not_available (level_id, feature, action)
    SELECT new_id, n.feature, n.action
    FROM clearance.not_available n WHERE n.level_id = base_id;
    RETURN new_id;
END $$;
REVOKE ALL ON FUNCTION clearance.create_level(text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_level(text, text, text, text) IS
'makes a level for vendor, partner or customer members; based_on copies what another level of that audience holds now';

CREATE FUNCTION clearance.drop_level(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dropped_id integer := clearance.require_level(name);
    used_by    text;
BEGIN
    PERFORM clearance.require_operator('change levels');
    IF EXISTS (SELECT FROM clearance.level l WHERE l.id = dropped_id AND l.built_in) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('level "%s" is built in and cannot be dropped', name);
    END IF;
    DELETE FROM clearance.level l WHERE l.id = dropped_id;
EXCEPTION WHEN foreign_key_violation THEN
    GET STACKED DIAGNOSTICS used_by = TABLE_NAME;
    RAISE object_in_use USING
        MESSAGE = format('level "%s" is in use', name),
        DETAIL = format('Rows of clearance.%s name it.', used_by),
        HINT = 'Give those another level first.';
END $$;
REVOKE ALL ON FUNCTION clearance.drop_level(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.drop_level(text) IS 'drops a level that is not built in and that nothing names';

CREATE FUNCTION clearance.allow(
    level text, feature text, action text, visibility text DEFAULT 'any', relation text DEFAULT 'any',
    reach text DEFAULT NULL, kinds text[] DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    target clearance.level;
BEGIN
    PERFORM clearance.require_operator('change levels');
    SELECT * INTO target FROM clearance.level l WHERE l.id = clearance.require_level(allow.level);
    PERFORM clearance.require_action(feature, action);
    PERFORM clearance.require_choice('visibility', visibility, '{shared,any}');
    PERFORM clearance.require_choice('relation', relation, '{any,assigned,followed,invited,own,assigned_task}');
    IF reach IS NOT NULL THEN
        PERFORM clearance.require_choice('reach', reach, '{account,member,owned}');
        IF target.audience <> 'vendor' THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('level "%s" cannot have a reach', level),
                DETAIL = format('It is of audience %s; reach is for vendor levels.', target.audience);
        END IF;
    ELSIF target.audience = 'vendor' AND (feature, action) = ('project', 'view') THEN
        reach := 'member';  -- every other grant without a reach follows this one
    END IF;
    IF kinds = '{}' OR array_position(kinds, NULL) IS NOT NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'kinds must name at least one kind, and no null',
            HINT = 'Leave kinds out to allow every kind.';
    END IF;
    IF EXISTS (SELECT FROM clearance.not_available n
               WHERE (n.level_id, n.feature, n.action) = (target.id, allow.feature, allow.action)) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('%s.%s is not available to level "%s"', feature, action, level),
            DETAIL = 'What is not available to a level can never be switched on for it.';
    END IF;

    IF kinds IS NOT NULL THEN
        PERFORM clearance.notice_kinds(feature, kinds);
    END IF;
    SELECT array_agg(DISTINCT k ORDER BY k) INTO kinds FROM unnest(kinds) k;
    INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation, reach, kinds)
    SELECT target.id, allow.feature, allow.action, allow.visibility, allow.relation, allow.reach, allow.kinds
    WHERE NOT EXISTS (
        SELECT FROM clearance.given_grant g
        WHERE (g.level_id, g.feature, g.action, g.visibility, g.relation)
            = (target.id, allow.feature, allow.action, allow.visibility, allow.relation)
          AND (target.name = 'account_admin'
               OR g.reach IS NOT DISTINCT FROM allow.reach AND g.kinds IS NOT DISTINCT FROM allow.kinds))
    ON CONFLICT DO NOTHING;
END $$;
REVOKE ALL ON FUNCTION clearance.allow(text, text, text, text, text, text, text[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.allow(text, text, text, text, text, text, text[]) IS
'adds a grant to a level; reach is for vendor levels (NULL: as far as project.view, whose own default is member), kinds limits it to values of the table''s kind column';

CREATE FUNCTION clearance.deny(level text, feature text, action text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    target_id integer := clearance.require_level(level);
BEGIN
    PERFORM clearance.require_operator('change levels');
    PERFORM clearance.require_action(feature, action);
    IF level = 'account_admin' THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'level "account_admin" cannot be denied anything',
            HINT = 'Create a level based on it, and deny that one.';
    END IF;
    DELETE FROM clearance.level_grant g
    WHERE (g.level_id, g.feature, g.action) = (target_id, deny.feature, deny.action) AND NOT g.built_in;
    INSERT INTO clearance.level_denial (level_id, feature, action) VALUES (target_id, deny.feature, deny.action)
    ON CONFLICT DO NOTHING;
END $$;
REVOKE ALL ON FUNCTION clearance.deny(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.deny(text, text, text) IS 'takes every grant of an action from a level, and it follows from no other; allow() can give it back';

-- ---------------------------------------------------------------------------
-- Features, actions, gates
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.create_feature(
    name text, actions text[] DEFAULT '{view,create,edit,delete}', description text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM clearance.require_operator('change the vocabulary');
    PERFORM clearance.require_identifier('feature', name);
    IF actions IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'actions is null';
    END IF;
    PERFORM clearance.require_identifier('action', a) FROM unnest(actions) a;
    INSERT INTO clearance.feature (name, description)
    VALUES (create_feature.name, create_feature.description)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE duplicate_object USING
            MESSAGE = format('feature "%s" already exists', name),
            HINT = 'clearance.create_action() adds an action to it.';
    END IF;
    -- the last three are what link tables and owner columns ask for
    INSERT INTO clearance.action (feature, name, reads)
    SELECT DISTINCT create_feature.name, a, clearance.name_reads(a)
    FROM unnest(actions || '{assign,invite,change_owner}') a;
END $$;
REVOKE ALL ON FUNCTION clearance.create_feature(text, text[], text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_feature(text, text[], text) IS
'adds a feature with the named actions, and assign, invite and change_owner; until allow() gives them out only account admins hold them';

CREATE FUNCTION clearance.create_action(feature text, action text, reads boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM clearance.require_operator('change the vocabulary');
    PERFORM clearance.require_feature(feature);
    PERFORM clearance.require_identifier('action', action);
    IF reads IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'reads is null';
    END IF;
    INSERT INTO clearance.action (feature, name, reads)
    VALUES (create_action.feature, create_action.action, create_action.reads)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE duplicate_object USING MESSAGE = format('feature "%s" already has an action "%s"', feature, action);
    END IF;
END $$;
REVOKE ALL ON FUNCTION clearance.create_action(text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_action(text, text, boolean) IS
'adds an action to a feature; reads: it changes nothing and stays possible in an archived project';

CREATE FUNCTION clearance.add_gate(
    action text, gate text, audiences text[] DEFAULT '{vendor,partner,customer}'
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    guarded record := clearance.parse_action(action);
    needed  record := clearance.parse_action(gate);
BEGIN
    PERFORM clearance.require_operator('change gates');
    IF audiences IS NULL OR audiences = '{}' THEN
        RAISE null_value_not_allowed USING MESSAGE = 'no audience is given';
    END IF;
    PERFORM clearance.require_choice('audience', a, '{vendor,partner,customer}') FROM unnest(audiences) a;

    -- two sessions must not close a circle together
    PERFORM clearance.declare_alone();
    IF EXISTS (WITH RECURSIVE behind (feature, action) AS (
                   VALUES (needed.feature, needed.action)
                   UNION
                   SELECT g.gate_feature, g.gate_action
                   FROM clearance.gate g JOIN behind b USING (feature, action))
               SELECT FROM behind b
               WHERE (b.feature, b.action) = (guarded.feature, guarded.action)) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s cannot be a gate of %s', gate, action),
            DETAIL = 'The action would be its own gate, directly or through others.';
    END IF;
    INSERT INTO clearance.gate (feature, action, gate_feature, gate_action, audiences)
    VALUES (guarded.feature, guarded.action, needed.feature, needed.action,
            ARRAY(SELECT DISTINCT a FROM unnest(add_gate.audiences) a ORDER BY a))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE duplicate_object USING MESSAGE = format('%s is a gate of %s already', gate, action);
    END IF;
END $$;
REVOKE ALL ON FUNCTION clearance.add_gate(text, text, text[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.add_gate(text, text, text[]) IS
'makes an action need another one as well, both given as feature.action, for the named audiences';

CREATE FUNCTION clearance.remove_gate(action text, gate text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    guarded  record := clearance.parse_action(action);
    needed   record := clearance.parse_action(gate);
    standing clearance.gate;
BEGIN
    PERFORM clearance.require_operator('change gates');
    SELECT * INTO standing FROM clearance.gate g
    WHERE (g.feature, g.action, g.gate_feature, g.gate_action)
        = (guarded.feature, guarded.action, needed.feature, needed.action);
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('%s is not a gate of %s', gate, action),
            HINT = 'View clearance.matrix lists the gates of each action.';
    ELSIF standing.built_in THEN
        -- a dump would not carry the removal
        RAISE invalid_parameter_value USING
            MESSAGE = format('gate %s of %s is built in and cannot be removed', gate, action);
    END IF;
    DELETE FROM clearance.gate g
    WHERE (g.feature, g.action, g.gate_feature, g.gate_action)
        = (guarded.feature, guarded.action, needed.feature, needed.action);
END $$;
REVOKE ALL ON FUNCTION clearance.remove_gate(text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.remove_gate(text, text) IS 'removes a gate that add_gate() made';
-- ---------------------------------------------------------------------------
-- Versions: which transactions last changed permissions; see src/version.c
-- ---------------------------------------------------------------------------
-- Every statement reads all of it. So little of a page is meant to be filled that old rows are
-- pruned whenever it is read (heap_page_prune_opt, pruneheap.c), and not just by VACUUM.
CREATE TABLE clearance.version (
    changed_by xid8    NOT NULL,
    what       integer NOT NULL
) USING heap WITH (fillfactor = 10);
COMMENT ON TABLE clearance.version IS 'transactions that last changed permissions; kept by triggers, and of use to this server alone';
COMMENT ON COLUMN clearance.version.changed_by IS 'id of a transaction; other rows stand for those that changed permissions at the same time';
COMMENT ON COLUMN clearance.version.what IS 'what it changed: 0 people, 1 projects, 2 levels';
INSERT INTO clearance.version SELECT pg_current_xact_id(), what FROM generate_series(0, 2) AS what;

CREATE FUNCTION clearance.note_change() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_note_change';
REVOKE ALL ON FUNCTION clearance.note_change() FROM PUBLIC;
COMMENT ON FUNCTION clearance.note_change() IS
'trigger: the running transaction changes permissions, which ends what sessions have read of them';

CREATE FUNCTION clearance.refuse_version_write() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'clearance.version is kept by the extension' USING ERRCODE = 'object_in_use',
        DETAIL = 'A version that came back would let sessions use permissions that were taken away.';
END
$$;
REVOKE ALL ON FUNCTION clearance.refuse_version_write() FROM PUBLIC;
COMMENT ON FUNCTION clearance.refuse_version_write() IS 'trigger: refuses what would make versions come back';

-- ENABLE ALWAYS: logical replication and session_replication_role change permissions too.
-- classes: the column that names or decides a level, or 'any', where a change can end plans (see note_change in C).
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT format('clearance.%I', name)::regclass AS tab, concat_ws(', ', quote_literal(what), quote_literal(classes)) AS args
        FROM (VALUES ('levels', 'feature', 'any'), ('levels', 'action', 'any'), ('levels', 'level', 'any'),
                     ('levels', 'level_grant', 'any'), ('levels', 'level_denial', 'any'),
                     ('levels', 'not_available', 'any'), ('levels', 'gate', 'any'),
                     ('projects', 'account', 'any'), ('projects', 'project', 'open_level_id'), ('projects', 'project_feature_off', 'any'),
                     ('people', 'role', 'any'), ('people', 'partner', 'level_id'),
                     ('people', 'customer', NULL), ('people', 'member', 'partner_id'), ('people', 'member_role', 'any'),
                     ('people', 'member_switch', 'any'), ('people', 'project_partner', 'level_id'),
                     ('people', 'project_customer', NULL), ('people', 'project_member', 'level_id'),
                     ('people', 'login_role', 'any'), ('people', 'token_key', NULL)) v (what, name, classes)
    LOOP
        EXECUTE format('CREATE TRIGGER "00_clearance_note_change" BEFORE INSERT OR UPDATE OR DELETE ON %s
                        FOR EACH ROW EXECUTE FUNCTION clearance.note_change(%s)', t.tab, t.args);
        EXECUTE format('CREATE TRIGGER "00_clearance_note_truncate" BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION clearance.note_change(%s)', t.tab, t.args);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "00_clearance_note_change",
                        ENABLE ALWAYS TRIGGER "00_clearance_note_truncate"', t.tab);
    END LOOP;
END
$$;

-- An archived project is the first that is closed to some.
CREATE TRIGGER "00_clearance_note_archived" BEFORE UPDATE ON clearance.project FOR EACH ROW
    WHEN (OLD.archived IS DISTINCT FROM NEW.archived) EXECUTE FUNCTION clearance.note_change('projects', 'any');
ALTER TABLE clearance.project ENABLE ALWAYS TRIGGER "00_clearance_note_archived";

CREATE TRIGGER "00_clearance_refuse_write" BEFORE INSERT OR UPDATE OR DELETE ON clearance.version
    FOR EACH ROW EXECUTE FUNCTION clearance.refuse_version_write();
CREATE TRIGGER "00_clearance_refuse_truncate" BEFORE TRUNCATE ON clearance.version
    FOR EACH STATEMENT EXECUTE FUNCTION clearance.refuse_version_write();
ALTER TABLE clearance.version ENABLE ALWAYS TRIGGER "00_clearance_refuse_write",
    ENABLE ALWAYS TRIGGER "00_clearance_refuse_truncate";

-- Declarations are metadata: sessions drop what they read of them at a message.
CREATE FUNCTION clearance.note_declaration() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_note_declaration';
REVOKE ALL ON FUNCTION clearance.note_declaration() FROM PUBLIC;
COMMENT ON FUNCTION clearance.note_declaration() IS 'trigger: declarations of protected tables change, which ends what sessions have read of them';

DO $$
DECLARE
    t regclass;
BEGIN
    FOREACH t IN ARRAY ARRAY['clearance.binding', 'clearance.binding_relation', 'clearance.binding_parent',
        'clearance.binding_guard']::regclass[]
    LOOP
        EXECUTE format('CREATE TRIGGER "00_clearance_note_declaration" AFTER INSERT OR UPDATE OR DELETE ON %s
                        FOR EACH ROW EXECUTE FUNCTION clearance.note_declaration()', t);
        EXECUTE format('CREATE TRIGGER "00_clearance_note_truncate" AFTER TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION clearance.note_declaration()', t);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "00_clearance_note_declaration",
                        ENABLE ALWAYS TRIGGER "00_clearance_note_truncate"', t);
    END LOOP;
END
$$;

-- What this session keeps of actors; the library counts, the views are for people.
CREATE FUNCTION clearance.session_cache(OUT hits bigint, OUT misses bigint, OUT reloads bigint,
    OUT evictions bigint, OUT actors bigint, OUT bytes bigint, OUT projects_bytes bigint, OUT "limit" bigint)
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_session_cache';
REVOKE ALL ON FUNCTION clearance.session_cache() FROM PUBLIC;
COMMENT ON FUNCTION clearance.session_cache() IS 'what clearance.cache_stats shows';

CREATE FUNCTION clearance.session_actors(OUT member bigint, OUT partner bigint, OUT projects bigint, OUT bytes bigint)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_session_actors';
REVOKE ALL ON FUNCTION clearance.session_actors() FROM PUBLIC;
COMMENT ON FUNCTION clearance.session_actors() IS 'what clearance.cached_actor shows';

CREATE VIEW clearance.cache_stats AS
SELECT hits, misses, reloads, evictions, actors, bytes, bytes / nullif(actors, 0) AS bytes_per_actor,
       projects_bytes, "limit"
FROM clearance.session_cache();
COMMENT ON VIEW clearance.cache_stats IS 'what this session keeps of actors'' permissions, and how often that served';
COMMENT ON COLUMN clearance.cache_stats.hits IS 'how often an actor''s permissions were kept and held';
COMMENT ON COLUMN clearance.cache_stats.misses IS 'how often they were not kept, and were read';
COMMENT ON COLUMN clearance.cache_stats.reloads IS 'how often they were kept, but permissions had changed';
COMMENT ON COLUMN clearance.cache_stats.evictions IS 'actors let go for room, those first whose last use was longest ago';
COMMENT ON COLUMN clearance.cache_stats.actors IS 'actors kept now';
COMMENT ON COLUMN clearance.cache_stats.bytes IS 'their memory';
COMMENT ON COLUMN clearance.cache_stats.bytes_per_actor IS 'memory of one, on average';
COMMENT ON COLUMN clearance.cache_stats.projects_bytes IS 'memory of the projects that they share';
COMMENT ON COLUMN clearance.cache_stats."limit" IS 'the setting clearance.scope_cache, in bytes: more than that is not kept';

CREATE VIEW clearance.cached_actor AS
SELECT a.member, a.partner, m.key, m.name, a.projects, a.bytes
FROM clearance.session_actors() WITH ORDINALITY AS a (member, partner, projects, bytes, turn)
LEFT JOIN clearance.member m ON m.id = a.member
ORDER BY a.turn;
COMMENT ON VIEW clearance.cached_actor IS 'actors whose permissions this session keeps, the last used first';
COMMENT ON COLUMN clearance.cached_actor.member IS 'the member';
COMMENT ON COLUMN clearance.cached_actor.partner IS 'or the partner as a whole';
COMMENT ON COLUMN clearance.cached_actor.key IS 'the member''s key';
COMMENT ON COLUMN clearance.cached_actor.name IS 'the member''s name';
COMMENT ON COLUMN clearance.cached_actor.projects IS 'projects that it may have a way into';
COMMENT ON COLUMN clearance.cached_actor.bytes IS 'memory of what it may do';
-- ---------------------------------------------------------------------------
-- Scope: what C reads of an actor (src/scope.c), for SQL; and the rights of
-- levels in a digest.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.in_force(starts_at timestamptz, ends_at timestamptz, at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN starts_at <= at AND at < ends_at;
REVOKE ALL ON FUNCTION clearance.in_force(timestamptz, timestamptz, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.in_force(timestamptz, timestamptz, timestamptz) IS
'whether a membership that starts and ends at these times counts at a moment';

CREATE FUNCTION clearance.scope_actor(member bigint, partner bigint,
    OUT audience text, OUT account_id bigint, OUT no_standing text, OUT base_levels integer[])
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_scope_actor';
REVOKE ALL ON FUNCTION clearance.scope_actor(bigint, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.scope_actor(bigint, bigint) IS
'standing, account and base levels of a member or of a partner as a whole';

-- Equal for two snapshots if these levels grant the same in both. Read by
-- src/scope.c, like the rest of a scope.
CREATE FUNCTION clearance.levels_digest(levels integer[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT md5(concat_ws('|',
        (SELECT string_agg(g::text, ';' ORDER BY g::text) FROM clearance.given_grants() g WHERE g.level_id = ANY (levels)),
        (SELECT string_agg(n::text, ';' ORDER BY n::text) FROM clearance.not_available n WHERE n.level_id = ANY (levels)),
        (SELECT string_agg(d::text, ';' ORDER BY d::text) FROM clearance.level_denial d WHERE d.level_id = ANY (levels)),
        (SELECT string_agg(g::text, ';' ORDER BY g::text) FROM clearance.gate g)));
END;
REVOKE ALL ON FUNCTION clearance.levels_digest(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.levels_digest(integer[]) IS 'a digest of all that levels grant';

CREATE INDEX open_project ON clearance.project (account_id) WHERE open_level_id IS NOT NULL;

-- ---------------------------------------------------------------------------
-- Actor: on whose behalf statements run
-- ---------------------------------------------------------------------------

-- Everybody may look up names here; what each function gives is granted below it.
GRANT USAGE ON SCHEMA clearance TO PUBLIC;

CREATE FUNCTION clearance.set_actor(key clearance.app_key DEFAULT NULL, id bigint DEFAULT NULL,
    email text DEFAULT NULL, account bigint DEFAULT NULL, local boolean DEFAULT true) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_set_actor';
REVOKE ALL ON FUNCTION clearance.set_actor(clearance.app_key, bigint, text, bigint, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.set_actor(clearance.app_key, bigint, text, bigint, boolean) IS
'acts as the member with this key (the application''s user id), id or e-mail, until the end of the transaction (local) or of the session; returns the member''s id. For trusted roles: see trust_role()';

CREATE FUNCTION clearance.reset_actor() RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_reset_actor';
COMMENT ON FUNCTION clearance.reset_actor() IS
'ends what set_actor() began: from here on nobody acts, or the actor that the login role is mapped to';

CREATE FUNCTION clearance.current_actor(OUT member bigint, OUT partner bigint)
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_current_actor';
COMMENT ON FUNCTION clearance.current_actor() IS
'the actor of the running statement: a member, a partner as a whole, or nobody (both NULL)';

CREATE FUNCTION clearance.actor() RETURNS bigint
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (SELECT a.member FROM clearance.current_actor() a);
COMMENT ON FUNCTION clearance.actor() IS
'id of the member on whose behalf the running statement runs, or NULL';

CREATE FUNCTION clearance.whoami(OUT member bigint, OUT key text, OUT name text, OUT email text,
    OUT kind text, OUT account text, OUT company text, OUT levels text[], OUT login_role name, OUT note text)
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id, m.key, m.name, m.email,
           CASE WHEN act.partner IS NULL THEN s.audience ELSE 'partner as a whole' END,
           a.name, coalesce(p.name, c.name),
           ARRAY(SELECT l.name FROM clearance.level l WHERE l.id = ANY (s.base_levels) ORDER BY l.id),
           session_user,
           clearance.actor_note(act.member, act.partner, s.no_standing)
    FROM clearance.current_actor() act
    CROSS JOIN LATERAL clearance.scope_actor(act.member, act.partner) s
    LEFT JOIN clearance.member m ON m.id = act.member
    LEFT JOIN clearance.account a ON a.id = s.account_id
    LEFT JOIN clearance.partner p ON p.id = coalesce(act.partner, m.partner_id)
    LEFT JOIN clearance.customer c ON c.id = m.customer_id
$$;
COMMENT ON FUNCTION clearance.whoami() IS
'who acts: member, company, account, levels where no project names others, and why nothing or little is visible, if so';

-- A trusted role is one that may execute set_actor() and what else takes the
-- application's word: whose token it was shown, that mail was sent. Nothing is
-- kept but these privileges.
CREATE FUNCTION clearance.trusted_functions() RETURNS text
LANGUAGE sql IMMUTABLE
RETURN 'clearance.set_actor(clearance.app_key, bigint, text, bigint, boolean), '
    'clearance.accept_invitation(text, clearance.app_key, text), clearance.follow_link(text), clearance.take_mail(integer)';
REVOKE ALL ON FUNCTION clearance.trusted_functions() FROM PUBLIC;
COMMENT ON FUNCTION clearance.trusted_functions() IS 'internal: what trust_role() lets a role call';

-- What a role has, or gets by SET ROLE, that the rule does not hold: then it is
-- nobody in particular, whoever it is mapped to. In PostgreSQL 15 CREATEROLE
-- reaches every role but superusers.
CREATE FUNCTION clearance.power_of(role oid, is_mapped boolean) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE reach AS (
        SELECT power_of.role AS oid
        UNION
        SELECT m.roleid FROM reach r JOIN pg_auth_members m ON m.member = r.oid
    )
    SELECT CASE WHEN s.oid <> role THEN format('may become %I, which ', s.rolname) ELSE '' END || s.power
    FROM (SELECT a.oid, a.rolname,
              CASE WHEN a.rolsuper THEN 'is a superuser'
                   WHEN a.rolbypassrls THEN 'bypasses row security'
                   WHEN a.rolcreaterole THEN 'gives itself other roles (CREATEROLE)'
                   WHEN a.rolreplication THEN 'reads whole tables (REPLICATION)'
                   WHEN a.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
                       THEN 'gets at the server''s files'
                   -- pg_statistic has values of hidden rows, pg_authid what people log in with
                   WHEN a.rolname = 'pg_read_all_data' THEN 'reads the server''s own tables, with values of hidden rows'
                   WHEN is_mapped AND (has_parameter_privilege(a.oid, 'clearance.actor', 'SET')
                                       OR has_function_privilege(a.oid, 'clearance.set_actor(clearance.app_key, bigint, text, bigint, boolean)', 'EXECUTE'))
                       THEN 'may set the actor' END AS power
          FROM reach r JOIN pg_roles a ON a.oid = r.oid) s
    WHERE s.power IS NOT NULL
    ORDER BY s.oid <> role, s.rolname LIMIT 1
$$;
REVOKE ALL ON FUNCTION clearance.power_of(oid, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.power_of(oid, boolean) IS
'internal: what the rule does not hold of a role that is mapped, or else trusted; NULL: nothing';

CREATE FUNCTION clearance.require_no_power(role regrole, is_mapped boolean) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    power text := clearance.power_of(role, is_mapped);
BEGIN
    IF power IS NOT NULL THEN
        RAISE object_in_use USING
            MESSAGE = format('role %s %s', role, power),
            DETAIL = CASE WHEN power LIKE '%may set the actor' THEN 'A role either is one actor or sets any.'
                          ELSE 'The rule would not hold for it, whoever acts.' END,
            HINT = CASE WHEN power = 'may set the actor' THEN 'Call clearance.distrust_role() first, or use a role that is no member of a trusted one.'
                        ELSE 'Use a role that neither has such power nor gets it by SET ROLE.' END;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_no_power(regrole, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_no_power(regrole, boolean) IS 'internal: refuses roles that the rule does not hold';

CREATE FUNCTION clearance.trust_role(role regrole) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL OR role = 0 THEN
        RAISE EXCEPTION 'the role is null' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'For example: SELECT clearance.trust_role(''app_backend'');';
    END IF;
    IF EXISTS (SELECT FROM clearance.login_role l WHERE l.role = trust_role.role) THEN
        RAISE EXCEPTION 'role % is mapped to an actor of its own', role USING ERRCODE = 'object_in_use',
            DETAIL = 'A role either is one actor or sets any.',
            HINT = 'Call clearance.unmap_role() first.';
    END IF;
    PERFORM clearance.require_no_power(role, is_mapped => false);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', clearance.trusted_functions(), role);
END
$$;
REVOKE ALL ON FUNCTION clearance.trust_role(regrole) FROM PUBLIC;
COMMENT ON FUNCTION clearance.trust_role(regrole) IS
'lets a role set the actor, accept invitations, follow links and take mail; give it to applications whose SQL members cannot write';

CREATE FUNCTION clearance.distrust_role(role regrole) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL OR role = 0 THEN
        RAISE EXCEPTION 'the role is null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %s', clearance.trusted_functions(), role);
END
$$;
REVOKE ALL ON FUNCTION clearance.distrust_role(regrole) FROM PUBLIC;
COMMENT ON FUNCTION clearance.distrust_role(regrole) IS 'takes back trust_role()';

CREATE FUNCTION clearance.map_role(role regrole, clearance.by_name DEFAULT 'by name', member bigint DEFAULT NULL, partner bigint DEFAULT NULL,
    setting text DEFAULT NULL, claim text DEFAULT NULL, names text DEFAULT NULL, account bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL OR role = 0 THEN
        RAISE EXCEPTION 'the role is null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'no role with OID %', role USING ERRCODE = 'undefined_object';
    END IF;
    IF num_nonnulls(member, partner, setting) <> 1 THEN
        RAISE EXCEPTION 'map_role needs exactly one of member, partner and setting' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT clearance.map_role(''bi_acme'', partner => 3);';
    END IF;
    IF setting IS NULL AND num_nonnulls(claim, names, account) > 0 THEN
        RAISE EXCEPTION 'claim, names and account go with a setting' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT clearance.map_role(''authenticator'', setting => ''request.jwt.claims'', claim => ''sub'');';
    END IF;
    IF setting !~ '^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)+$' OR setting ~* '^clearance\.' THEN
        RAISE EXCEPTION '"%" is no setting of an application', setting USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It has a name with a dot that is not ours, for example request.jwt.claims.';
    END IF;
    IF names NOT IN ('id', 'key', 'email') THEN
        RAISE EXCEPTION 'a setting does not name members by "%"', names USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It names them by id, key or email.';
    END IF;
    IF member IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.member m WHERE m.id = member) THEN
        RAISE EXCEPTION 'no member with id %', member USING ERRCODE = 'undefined_object',
            HINT = 'Members are added with clearance.add_member().';
    END IF;
    IF partner IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.partner p WHERE p.id = partner) THEN
        RAISE EXCEPTION 'no partner with id %', partner USING ERRCODE = 'undefined_object',
            HINT = 'clearance.partners lists them.';
    END IF;
    IF account IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.account a WHERE a.id = account) THEN
        RAISE EXCEPTION 'no account with id %', account USING ERRCODE = 'undefined_object',
            HINT = 'Accounts are created with clearance.create_account().';
    END IF;
    PERFORM clearance.require_no_power(role, is_mapped => true);
    INSERT INTO clearance.login_role AS l (role, member_id, partner_id, setting, claim, names, account_id)
    VALUES (map_role.role, member, partner, map_role.setting, map_role.claim,
            CASE WHEN map_role.setting IS NOT NULL THEN coalesce(map_role.names, 'key') END, account)
    ON CONFLICT ON CONSTRAINT login_role_is_mapped_once
        DO UPDATE SET member_id = excluded.member_id, partner_id = excluded.partner_id, setting = excluded.setting,
                      claim = excluded.claim, names = excluded.names, account_id = excluded.account_id;
END
$$;
REVOKE ALL ON FUNCTION clearance.map_role(regrole, clearance.by_name, bigint, bigint, text, text, text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.map_role(regrole, clearance.by_name, bigint, bigint, text, text, text, bigint) IS
'makes a login role a member, a partner as a whole (which only views), or whom a setting names by id, key or email, as a whole or in a claim of its JSON; mapping again replaces. A setting may be set by anyone who can write SQL in such a session';

CREATE FUNCTION clearance.unmap_role(role regrole) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM clearance.login_role l WHERE l.role = unmap_role.role;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'role % is not mapped', role USING ERRCODE = 'undefined_object',
            HINT = 'clearance.login_role lists the mapped roles.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.unmap_role(regrole) FROM PUBLIC;
COMMENT ON FUNCTION clearance.unmap_role(regrole) IS 'takes back map_role()';


-- Roles are the server's: nothing tells the extension when one is given power.
CREATE VIEW clearance.powerful_roles AS
SELECT r.role, r.used_as, p.power
FROM (SELECT l.role, 'mapped' AS used_as FROM clearance.login_role l
      UNION
      SELECT a.grantee::regrole, 'trusted' FROM pg_catalog.pg_proc f CROSS JOIN LATERAL aclexplode(f.proacl) a
      WHERE f.oid = 'clearance.set_actor(clearance.app_key, bigint, text, bigint, boolean)'::regprocedure AND a.grantee NOT IN (0, f.proowner)) r
CROSS JOIN LATERAL clearance.power_of(r.role, r.used_as = 'mapped') AS p (power)
WHERE p.power IS NOT NULL;
COMMENT ON VIEW clearance.powerful_roles IS
'mapped and trusted roles that were given, since, what map_role() and trust_role() refuse; should be empty';
COMMENT ON COLUMN clearance.powerful_roles.role IS 'the role';
COMMENT ON COLUMN clearance.powerful_roles.used_as IS 'mapped or trusted';
COMMENT ON COLUMN clearance.powerful_roles.power IS 'what the rule does not hold';

-- What a pooled connection would hand on beside the actor. DISCARD ALL does the
-- same and more, but in no transaction.
CREATE FUNCTION clearance.reset_session() RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.reset_actor();
    PERFORM set_config('clearance.token', '', false);
    EXECUTE 'CLOSE ALL';
    DEALLOCATE ALL;
    DISCARD TEMP;
    DISCARD SEQUENCES;
    UNLISTEN *;
    PERFORM pg_advisory_unlock_all();
END
$$;
COMMENT ON FUNCTION clearance.reset_session() IS
'ends the actor and what it leaves in a session: cursors, prepared statements, temporary tables, values of sequences, LISTEN, advisory locks; commit afterwards. Settings stay: see RESET';
-- ---------------------------------------------------------------------------
-- Rights: may whoever calls an administration function do what it asks for?
--
-- With an actor, its rights decide, by the same rule as for rows and in its own
-- account alone; a superuser who acts for somebody has no more than that one.
-- Without, only operators administer: superusers and members of the role that
-- owns the extension. So EXECUTE opens nothing by itself, and the guarded
-- functions are everybody's to call.
-- ---------------------------------------------------------------------------

-- The role is the one of the session, which SECURITY DEFINER does not change.
CREATE FUNCTION clearance.is_operator() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.member IS NULL AND a.partner IS NULL
        AND pg_has_role(coalesce(nullif(current_setting('role'), 'none'), session_user)::name, e.extowner, 'USAGE')
    FROM clearance.current_actor() a, pg_extension e
    WHERE e.extname = 'pg_clearance'
$$;
COMMENT ON FUNCTION clearance.is_operator() IS
'whether nobody acts and the role is a superuser''s or the extension''s owner: such a session may administer everything';

CREATE FUNCTION clearance.has_right(action text, account bigint, project clearance.app_key DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN clearance.is_operator()
        OR (clearance.can(action, project)
            AND EXISTS (SELECT FROM clearance.member m WHERE m.id = clearance.actor() AND m.account_id = has_right.account));
END
$$;
COMMENT ON FUNCTION clearance.has_right(text, bigint, clearance.app_key) IS
'whether the actor may administer: it holds an action (''project.add_partners'') in a project or, without one, in the account, and is of that account; operators may always';

-- What the filtered views below ask: they run as whoever queries them. Each view
-- ends with OFFSET 0, so that nothing of the query around it runs before its
-- own conditions: comparisons that the server takes for leakproof would, and
-- their time or their plan would tell of rows that the view hides.
CREATE FUNCTION clearance.accounts_with(action text) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.id FROM clearance.account a
    WHERE (SELECT clearance.is_operator())
       OR (a.id = (SELECT m.account_id FROM clearance.member m WHERE m.id = clearance.actor()) AND clearance.can(action))
$$;
COMMENT ON FUNCTION clearance.accounts_with(text) IS
'accounts in which the actor holds an action, without regard to a project: its own or none; to operators all';

CREATE FUNCTION clearance.projects_with(action text) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.id FROM clearance.project p
    WHERE (SELECT clearance.is_operator())
       OR (p.account_id = (SELECT m.account_id FROM clearance.member m WHERE m.id = clearance.actor())
           AND clearance.can(action, p.key))
$$;
COMMENT ON FUNCTION clearance.projects_with(text) IS 'projects in which the actor holds an action; to operators all';

CREATE FUNCTION clearance.standing(OUT member bigint, OUT account bigint, OUT kind text, OUT partner bigint, OUT customer bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    actor bigint := clearance.actor();
BEGIN
    IF actor IS NULL THEN
        RETURN;
    ELSIF (SELECT s.no_standing IS NULL FROM clearance.scope_actor(actor, NULL) s) THEN
        SELECT m.id, m.account_id, m.kind, m.partner_id, m.customer_id INTO member, account, kind, partner, customer
        FROM clearance.member m WHERE m.id = actor;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.standing() IS
'the acting member, its account, kind and company, if it has standing; else all NULL';

CREATE FUNCTION clearance.require_actor() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    no_standing text := (SELECT s.no_standing FROM clearance.current_actor() a CROSS JOIN LATERAL clearance.scope_actor(a.member, a.partner) s
                         WHERE a.member IS NOT NULL OR a.partner IS NOT NULL);
BEGIN
    IF (SELECT a.member IS NULL AND a.partner IS NULL FROM clearance.current_actor() a) AND NOT clearance.is_operator() THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'no actor is set',
            DETAIL = 'Without an actor only superusers and the owner of the extension administer.',
            HINT = 'Call clearance.set_actor() first, or map this login role with clearance.map_role().';
    ELSIF no_standing IS NOT NULL THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'the actor has no standing',
            DETAIL = upper(left(no_standing, 1)) || substr(no_standing, 2) || '.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_actor() FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_actor() IS 'internal: refuses sessions in which nobody acts, but for operators, and actors without standing';

-- What an actor may not know of does not exist for it: no function tells what is
-- hidden from what is not there. With standing, actors know their account; the
-- vendor's team all that is of it, others what is of their own company.
CREATE FUNCTION clearance.acting_for(OUT account bigint, OUT kind text, OUT partner bigint, OUT customer bigint) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.account, s.kind, s.partner, s.customer FROM clearance.standing() s WHERE s.member IS NOT NULL
    UNION ALL
    SELECT p.account_id, 'partner', p.id, NULL
    FROM clearance.current_actor() a
    JOIN clearance.partner p ON p.id = a.partner
    CROSS JOIN LATERAL clearance.scope_actor(NULL, p.id) s
    WHERE s.no_standing IS NULL
$$;
REVOKE ALL ON FUNCTION clearance.acting_for() FROM PUBLIC;
COMMENT ON FUNCTION clearance.acting_for() IS 'internal: account and company of the actor, also of a partner as a whole; no row without standing';

CREATE FUNCTION clearance.knows_account(account bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance.is_operator() OR EXISTS (SELECT FROM clearance.acting_for() a WHERE a.account = knows_account.account)
$$;
REVOKE ALL ON FUNCTION clearance.knows_account(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.knows_account(bigint) IS 'internal: whether the actor may know that an account exists';

CREATE FUNCTION clearance.knows(account bigint, partner bigint, customer bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance.is_operator()
        OR EXISTS (SELECT FROM clearance.acting_for() a
                   WHERE a.account = knows.account AND (a.kind = 'vendor' OR a.partner = knows.partner OR a.customer = knows.customer))
$$;
REVOKE ALL ON FUNCTION clearance.knows(bigint, bigint, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.knows(bigint, bigint, bigint) IS
'internal: whether the actor may know what is of an account, and there of this company or, without, of the vendor';

CREATE FUNCTION clearance.raise_refusal(what text, detail text DEFAULT NULL, hint text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_actor();
    RAISE insufficient_privilege USING
        MESSAGE = (SELECT coalesce('member "' || clearance.member_label(m) || '"', 'partner "' || p.name || '" as a whole',
                                   'an operator') || ' ' || what
                   FROM clearance.current_actor() a
                   LEFT JOIN clearance.member m ON m.id = a.member
                   LEFT JOIN clearance.partner p ON p.id = a.partner),
        DETAIL = coalesce(detail, 'Rights come from the levels and switches that are in force for the actor.'),
        HINT = coalesce(hint, 'View clearance.matrix lists what each level grants.');
END
$$;
REVOKE ALL ON FUNCTION clearance.raise_refusal(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.raise_refusal(text, text, text) IS 'internal: the error about what the actor may not do';

CREATE FUNCTION clearance.require_right(action text, account bigint, project clearance.app_key DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance.has_right(action, account, project) THEN
        PERFORM clearance.raise_refusal(format('lacks the right %s', action) || coalesce(' in project "' || project::text || '"', ''),
            (SELECT 'The project is archived.' FROM clearance.project p WHERE p.key = project::text AND p.archived));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_right(text, bigint, clearance.app_key) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_right(text, bigint, clearance.app_key) IS
'internal: the guard of the administration functions: refuses an actor without this right, and everybody but operators where nobody acts';

CREATE FUNCTION clearance.require_operator(act text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance.is_operator() THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('only operators %s', act),
            DETAIL = 'Operators are superusers and members of the role that owns the extension, while nobody acts.',
            HINT = 'What belongs to no account is beyond every member''s rights; clearance.reset_actor() ends an actor.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_operator(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_operator(text) IS 'internal: refuses everybody but operators';

-- An admin of a partner manages its company's team.
CREATE FUNCTION clearance.is_admin_of(partner bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM clearance.standing() s JOIN clearance.member m ON m.id = s.member
                   WHERE s.partner = is_admin_of.partner AND m.partner_admin)
$$;
REVOKE ALL ON FUNCTION clearance.is_admin_of(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_admin_of(bigint) IS 'internal: whether the actor is an admin of this partner, with standing';

CREATE FUNCTION clearance.require_team_right(p clearance.partner) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance.is_admin_of(p.id) THEN
        PERFORM clearance.require_right('settings.manage_partner_companies', p.account_id);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_team_right(clearance.partner) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_team_right(clearance.partner) IS
'internal: refuses those who do not manage the team of this partner: its admins, and the vendor''s managers of partners';

-- Grants with the reach that they have: 1 owned, 2 member, 3 account projects.
CREATE FUNCTION clearance.reaching_grants(levels integer[])
RETURNS TABLE (feature text, action text, visibility text, relation text, kinds text[], reach integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT g.feature, g.action, g.visibility, g.relation, g.kinds,
           coalesce(array_position('{owned,member,account}', g.reach), v.reach, 0)
    FROM clearance.held_grant g
    LEFT JOIN (SELECT h.level_id, max(array_position('{owned,member,account}', h.reach)) AS reach
               FROM clearance.held_grant h WHERE (h.feature, h.action) = ('project', 'view') GROUP BY h.level_id) v
        ON v.level_id = g.level_id
    WHERE g.level_id = ANY (levels)
$$;
REVOKE ALL ON FUNCTION clearance.reaching_grants(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.reaching_grants(integer[]) IS 'internal: what levels grant, with the reach of project.view where a grant has none';

-- Nobody hands out what is beyond itself, nor manages those who hold it: each
-- grant of the level is within one of the actor's levels, or one that every
-- collaborator holds.
CREATE FUNCTION clearance.require_may_give(level integer, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own integer[];
    beyond record;
BEGIN
    IF clearance.is_operator() THEN
        RETURN;
    END IF;
    own := ARRAY(SELECT unnest(s.base_levels) FROM clearance.scope_actor(clearance.actor(), NULL) s
                 WHERE s.no_standing IS NULL AND s.account_id = account
                 UNION ALL
                 SELECT l.id FROM clearance.level l WHERE l.name = 'collaborator' AND l.built_in);
    SELECT g.feature, g.action INTO beyond
    FROM clearance.reaching_grants(ARRAY[level]) g
    WHERE NOT EXISTS (SELECT FROM clearance.reaching_grants(own) h
                      WHERE h.feature = g.feature AND h.action = g.action
                        AND h.visibility IN ('any', g.visibility) AND h.relation IN ('any', g.relation)
                        AND h.reach >= g.reach AND (h.kinds IS NULL OR g.kinds <@ h.kinds))
    ORDER BY g.feature <> 'settings', g.feature, g.action LIMIT 1;
    IF FOUND THEN
        PERFORM clearance.raise_refusal(
            format('does not hold what level "%s" grants', (SELECT l.name FROM clearance.level l WHERE l.id = level)),
            format('With %s.%s it goes beyond the actor, who can neither give it nor manage its holders.', beyond.feature, beyond.action));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_may_give(integer, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_may_give(integer, bigint) IS
'internal: refuses an actor who hands out, or takes from others, a level that grants more than its own';

CREATE FUNCTION clearance.require_member_right(m clearance.member, team boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.kind = 'customer' THEN
        PERFORM clearance.require_right('customer_account.edit', m.account_id);
    ELSIF m.kind = 'partner' AND team AND clearance.is_admin_of(m.partner_id) THEN
        IF m.id = clearance.actor() THEN
            PERFORM clearance.raise_refusal('cannot change its own rights', 'A partner''s admin manages the others of its team.',
                'Ask the vendor, or another admin of the partner.');
        ELSIF m.named_admin THEN
            PERFORM clearance.raise_refusal(format('cannot change the rights of "%s"', clearance.member_label(m)),
                'It is the admin whom the vendor named for the partner.', 'Ask the vendor.');
        END IF;
    ELSIF m.kind = 'partner' THEN
        PERFORM clearance.require_right('settings.manage_partner_companies', m.account_id);
    ELSE
        PERFORM clearance.require_right('settings.manage_team_members', m.account_id);
        PERFORM clearance.require_may_give(r.level_id, m.account_id)
        FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
        WHERE mr.member_id = m.id AND r.level_id IS NOT NULL;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_member_right(clearance.member, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_member_right(clearance.member, boolean) IS
'internal: refuses those who do not manage this member; team: the admins of its partner do';
-- ---------------------------------------------------------------------------
-- People, companies and projects: what the functions that keep them share,
-- accounts and roles. Each function first finds what it is asked for, among
-- what the caller may know of, then asks for the right (rights.sql). What it
-- refuses besides is what no one may do: cross an account, name a level of the
-- wrong audience, exceed a licence cap.
-- ---------------------------------------------------------------------------

-- Helpers: each finds what it is asked for or raises the error for people.

CREATE FUNCTION clearance.raise_unknown(what text, value text, listed_in text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_given(what, value);
    RAISE undefined_object USING
        MESSAGE = format('no %s %s', what, value),
        HINT = format('%s lists those that exist.', listed_in);
END
$$;
REVOKE ALL ON FUNCTION clearance.raise_unknown(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.raise_unknown(text, text, text) IS
'internal: the error about a value that names nothing, or is NULL';

CREATE FUNCTION clearance.require_given(what text, value text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF value IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = format('%s is null', what);
    ELSIF btrim(value) = '' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s is blank', what);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_given(text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_given(text, text) IS
'internal: refuses NULL and blank for a required argument';

-- Names and keys go into messages, mails and indexes.
CREATE FUNCTION clearance.require_line(what text, value text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF btrim(value) = '' THEN
        PERFORM clearance.require_given(what, value);
    ELSIF value ~ '[[:cntrl:]]' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s is more than one line', what),
            HINT = 'It must have no line breaks or other control characters.';
    ELSIF length(value) > 255 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s of %s characters is too long', what, length(value)),
            HINT = 'It has 255 characters at most.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_line(text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_line(text, text) IS
'internal: refuses what is blank, too long or not one line; NULL is fine';

CREATE FUNCTION clearance.require_email(email text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_line('email', email);
    IF NOT clearance.is_email(email) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"%s" is no e-mail address', email),
            HINT = 'Pass one address, such as ann@example.com.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_email(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_email(text) IS 'internal: refuses what is no e-mail address; NULL is fine';

CREATE FUNCTION clearance.require_period(starts timestamptz, ends timestamptz) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF coalesce(starts, '-infinity') >= coalesce(ends, 'infinity') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('ends_at %s is not after starts_at %s', coalesce(ends, 'infinity'), coalesce(starts, '-infinity')),
            HINT = 'starts_at is the first moment that counts, ends_at the first that no longer does.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_period(timestamptz, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_period(timestamptz, timestamptz) IS
'internal: refuses a time that ends before it starts; NULL: without start or end';

CREATE FUNCTION clearance.require_account(id bigint) RETURNS clearance.account
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a clearance.account;
BEGIN
    PERFORM clearance.require_actor();
    SELECT t.* INTO a FROM clearance.account t WHERE t.id = require_account.id;
    IF NOT clearance.knows_account(a.id) OR a.id IS NULL THEN
        PERFORM clearance.raise_unknown('account', 'with id ' || id, 'Table clearance.account');
    END IF;
    RETURN a;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_account(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_account(bigint) IS 'internal: the account, or an error';

CREATE FUNCTION clearance.require_partner(id bigint) RETURNS clearance.partner
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.partner;
BEGIN
    PERFORM clearance.require_actor();
    SELECT t.* INTO p FROM clearance.partner t WHERE t.id = require_partner.id;
    -- also those whose rights have view partners show it
    IF NOT (clearance.knows(p.account_id, p.id, NULL)
            OR p.account_id IN (SELECT clearance.accounts_with('settings.manage_partner_companies'))
            OR p.account_id IN (SELECT clearance.accounts_with('project.add_partners'))) OR p.id IS NULL THEN
        PERFORM clearance.raise_unknown('partner', 'with id ' || id, 'View clearance.partners');
    END IF;
    RETURN p;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_partner(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_partner(bigint) IS 'internal: the partner, or an error';

CREATE FUNCTION clearance.require_customer(id bigint) RETURNS clearance.customer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c clearance.customer;
BEGIN
    PERFORM clearance.require_actor();
    SELECT t.* INTO c FROM clearance.customer t WHERE t.id = require_customer.id;
    IF NOT clearance.knows(c.account_id, NULL, c.id) OR c.id IS NULL THEN
        PERFORM clearance.raise_unknown('customer', 'with id ' || id, 'Table clearance.customer');
    END IF;
    RETURN c;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_customer(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_customer(bigint) IS 'internal: the customer, or an error';

CREATE FUNCTION clearance.require_member(id bigint, on_project clearance.app_key DEFAULT NULL) RETURNS clearance.member
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member;
BEGIN
    PERFORM clearance.require_actor();
    SELECT t.* INTO m FROM clearance.member t WHERE t.id = require_member.id;
    -- on a project the actor also knows who of its team is shown to it
    IF NOT (clearance.knows(m.account_id, m.partner_id, m.customer_id)
            OR EXISTS (SELECT FROM clearance.project_team(on_project) t WHERE t.member = require_member.id)) OR m.id IS NULL THEN
        PERFORM clearance.raise_unknown('member', 'with id ' || id, 'Table clearance.member');
    END IF;
    RETURN m;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_member(bigint, clearance.app_key) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_member(bigint, clearance.app_key) IS
'internal: the member, if the actor may know of it, or an error; on_project: whoever is in the team of this project, as the actor sees it, too';

CREATE FUNCTION clearance.member_label(m clearance.member) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(m.name, m.email, m.key) $$;
REVOKE ALL ON FUNCTION clearance.member_label(clearance.member) FROM PUBLIC;
COMMENT ON FUNCTION clearance.member_label(clearance.member) IS 'internal: how messages call a member';

CREATE FUNCTION clearance.require_project(project clearance.app_key) RETURNS clearance.project
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project;
BEGIN
    SELECT t.* INTO p FROM clearance.project t WHERE t.key = require_project.project::text;
    -- nor is an actor told of projects that it has no way into
    IF p.id IS NULL OR NOT clearance.has_right('project.view', p.account_id, project) THEN
        PERFORM clearance.require_actor();
        PERFORM clearance.raise_unknown('project', '"' || project::text || '"', 'Table clearance.project');
    END IF;
    RETURN p;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_project(clearance.app_key) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_project(clearance.app_key) IS
'internal: the project with this key, or an error';

CREATE FUNCTION clearance.require_role(name text, account bigint) RETURNS clearance.role
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.role;
BEGIN
    SELECT t.* INTO r FROM clearance.role t
    WHERE t.name = require_role.name AND (t.account_id = require_role.account OR t.built_in);
    IF NOT FOUND THEN
        PERFORM clearance.raise_unknown('role', '"' || name || '"', 'Table clearance.role');
    END IF;
    RETURN r;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_role(text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_role(text, bigint) IS
'internal: the built-in role or role of the account with this name, or an error';

CREATE FUNCTION clearance.default_account(account bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    actor bigint := clearance.actor();
BEGIN
    IF account IS NOT NULL THEN
        RETURN (clearance.require_account(account)).id;
    ELSIF actor IS NOT NULL THEN
        SELECT m.account_id INTO account FROM clearance.member m WHERE m.id = actor;
        IF NOT FOUND THEN
            PERFORM clearance.raise_unknown('member', 'with id ' || actor, 'Table clearance.member');
        END IF;
        RETURN account;
    ELSIF (SELECT count(*) FROM clearance.account) = 1 THEN
        RETURN (SELECT a.id FROM clearance.account a);
    END IF;
    RAISE null_value_not_allowed USING
        MESSAGE = 'account is not given',
        DETAIL = 'There is no actor whose account it could be, and not exactly one account.',
        HINT = 'Pass account => id; table clearance.account lists those that exist.';
END
$$;
REVOKE ALL ON FUNCTION clearance.default_account(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.default_account(bigint) IS
'internal: the account given, else the actor''s, else the only one';

CREATE FUNCTION clearance.require_same_account(what text, its_account bigint, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF its_account <> account THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s belongs to account "%s", not to account "%s"', what,
                (clearance.require_account(its_account)).name, (clearance.require_account(account)).name),
            HINT = 'Nothing crosses an account.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_same_account(text, bigint, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_same_account(text, bigint, bigint) IS
'internal: refuses what belongs to another account';

CREATE FUNCTION clearance.changed_level(current integer, name text, audience text) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN name IS NULL THEN current
                WHEN name <> '' THEN clearance.notice_empty_level(clearance.require_level(name, audience)) END
$$;
REVOKE ALL ON FUNCTION clearance.changed_level(integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.changed_level(integer, text, text) IS
'internal: id of the named level; NULL keeps the current one, an empty name takes it away';

-- What an argument can say about an optional text: NULL keeps it, '' takes it away.
CREATE FUNCTION clearance.changed_text(current text, value text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT nullif(coalesce(value, current), '') $$;
REVOKE ALL ON FUNCTION clearance.changed_text(text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.changed_text(text, text) IS 'internal: a text as an argument leaves it';

-- ---------------------------------------------------------------------------
-- Accounts and roles
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.create_account(name text, key clearance.app_key DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_id bigint;
BEGIN
    PERFORM clearance.require_operator('create accounts');
    PERFORM clearance.require_given('name', name), clearance.require_line('name', name), clearance.require_line('key', key::text);
    IF EXISTS (SELECT FROM clearance.account a WHERE a.name = create_account.name OR a.key = create_account.key::text) THEN
        RAISE unique_violation USING
            MESSAGE = format('account "%s"%s is already known', name, ' or its key "' || key::text || '"'),
            HINT = 'Table clearance.account lists those that exist.';
    END IF;
    INSERT INTO clearance.account (name, key) VALUES (create_account.name, create_account.key::text)
    RETURNING id INTO new_id;
    RETURN new_id;
END
$$;
REVOKE ALL ON FUNCTION clearance.create_account(text, clearance.app_key) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_account(text, clearance.app_key) IS
'adds an organisation that runs projects; key: the application''s own tenant id';

CREATE FUNCTION clearance.set_account(
    account bigint,
    clearance.by_name DEFAULT 'by name',
    portal boolean DEFAULT NULL,
    default_external_level text DEFAULT NULL,
    active boolean DEFAULT NULL,
    ready_participants boolean DEFAULT NULL,
    published boolean DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_account(account);
    IF active IS NOT NULL THEN
        PERFORM clearance.require_operator('switch accounts on and off');
    END IF;
    IF portal IS NOT NULL THEN
        PERFORM clearance.require_right('settings.manage_customer_portal_configuration', account);
    END IF;
    IF default_external_level IS NOT NULL OR ready_participants IS NOT NULL THEN
        PERFORM clearance.require_right('settings.manage_partner_companies', account);
    END IF;
    IF published IS NOT NULL THEN
        PERFORM clearance.require_right('settings.manage_account_preferences', account);
    END IF;
    UPDATE clearance.account a SET
        portal = coalesce(set_account.portal, a.portal),
        default_external_level_id =
            clearance.changed_level(a.default_external_level_id, default_external_level, 'partner'),
        active = coalesce(set_account.active, a.active),
        ready_participants = coalesce(set_account.ready_participants, a.ready_participants),
        published = coalesce(set_account.published, a.published)
    WHERE a.id = set_account.account;
END
$$;
COMMENT ON FUNCTION clearance.set_account(bigint, clearance.by_name, boolean, text, boolean, boolean, boolean) IS
'changes an account; NULL leaves a property as it is, an empty default_external_level takes it away';

-- A role is no way around require_may_give().
CREATE FUNCTION clearance.require_role_level(role text, level integer, available_to_partners boolean, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    l clearance.level;
BEGIN
    SELECT t.* INTO l FROM clearance.level t WHERE t.id = level;
    IF l.audience = 'customer' OR (available_to_partners AND l.name = 'account_admin') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('role "%s" cannot have level "%s"', role, l.name),
            HINT = 'A role has a vendor or partner level; account_admin is for the vendor''s team only.';
    ELSIF l.audience = 'vendor' THEN
        PERFORM clearance.require_may_give(l.id, account);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_role_level(text, integer, boolean, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_role_level(text, integer, boolean, bigint) IS
'internal: refuses a level that a role cannot have, or that the actor cannot give';

CREATE FUNCTION clearance.require_free_role_name(name text, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_given('name', name), clearance.require_line('name', name);
    -- a second role of a built-in name would make that name ambiguous
    IF EXISTS (SELECT FROM clearance.role r
               WHERE r.name = require_free_role_name.name AND (r.account_id = account OR r.built_in)) THEN
        RAISE duplicate_object USING
            MESSAGE = format('role "%s" is already known', name),
            HINT = 'Table clearance.role lists those that exist.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_free_role_name(text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_free_role_name(text, bigint) IS 'internal: refuses the name of a role that exists';

CREATE FUNCTION clearance.create_role(
    name text,
    available_to_partners boolean DEFAULT false,
    access_level text DEFAULT NULL,
    account bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance.default_account(account);
    level integer;
    new_id bigint;
BEGIN
    PERFORM clearance.require_right('settings.manage_roles', of_account);
    PERFORM clearance.require_given('available_to_partners', available_to_partners::text);
    level := clearance.changed_level(NULL, access_level, NULL);
    PERFORM clearance.require_free_role_name(name, of_account);
    PERFORM clearance.require_role_level(name, level, available_to_partners, of_account);
    PERFORM clearance.notice_unused_level(name, level, available_to_partners);
    INSERT INTO clearance.role (account_id, name, level_id, available_to_partners)
    VALUES (of_account, create_role.name, level, create_role.available_to_partners)
    RETURNING id INTO new_id;
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION clearance.create_role(text, boolean, text, bigint) IS
'adds a role to an account; its level is the default of holders of the level''s audience';

CREATE FUNCTION clearance.update_role(
    role text,
    available_to_partners boolean DEFAULT NULL,
    access_level text DEFAULT NULL,
    name text DEFAULT NULL,
    account bigint DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance.default_account(account);
    r clearance.role;
    level integer;
    holder text;
BEGIN
    PERFORM clearance.require_right('settings.manage_roles', of_account);
    r := clearance.require_role(role, of_account);
    IF r.built_in THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('role "%s" is built in and cannot be changed', role);
    END IF;
    -- as require_partner_role() does
    UPDATE clearance.role t SET level_id = t.level_id WHERE t.id = r.id RETURNING t.* INTO r;
    PERFORM clearance.require_role_level(role, r.level_id, false, of_account);
    level := clearance.changed_level(r.level_id, access_level, NULL);
    PERFORM clearance.require_role_level(role, level, coalesce(available_to_partners, r.available_to_partners), of_account);
    IF name IS NOT NULL AND name <> r.name THEN
        PERFORM clearance.require_free_role_name(name, of_account);
    END IF;
    IF r.available_to_partners AND NOT available_to_partners THEN
        SELECT p.name INTO holder FROM clearance.partner_role pr JOIN clearance.partner p ON p.id = pr.partner_id
        WHERE pr.role_id = r.id ORDER BY p.name LIMIT 1;
        IF FOUND THEN
            RAISE object_in_use USING
                MESSAGE = format('role "%s" is selected for partner "%s"', role, holder),
                HINT = 'Take it from its partners with clearance.set_partner_roles() first.';
        END IF;
    END IF;
    UPDATE clearance.role t SET
        name = coalesce(update_role.name, t.name),
        level_id = level,
        available_to_partners = coalesce(update_role.available_to_partners, t.available_to_partners)
    WHERE t.id = r.id RETURNING t.* INTO r;
    PERFORM clearance.notice_unused_level(r.name, r.level_id, r.available_to_partners);
END
$$;
COMMENT ON FUNCTION clearance.update_role(text, boolean, text, text, bigint) IS
'changes a role of an account; NULL leaves a property as it is, an empty access_level takes the level away';

-- ---------------------------------------------------------------------------
-- Tokens: signed by an issuer, verified by a key of clearance.token_key
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.authenticate(token text) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_authenticate';
COMMENT ON FUNCTION clearance.authenticate(text) IS
'acts as the member that a signed token (JWT) names, until the end of the transaction; returns the member''s id';

CREATE FUNCTION clearance.token_key_material(algorithm text, key text) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_token_key_material';
REVOKE ALL ON FUNCTION clearance.token_key_material(text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.token_key_material(text, text) IS
'internal: what verifies the tokens of a key (PEM, or base64url for HS256), or an error';

CREATE FUNCTION clearance.token_key_state(starts_at timestamptz, ends_at timestamptz, revoked_at timestamptz,
    at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
            WHEN at < starts_at THEN 'not yet'
            WHEN at >= ends_at THEN 'ended'
            ELSE 'active' END;
REVOKE ALL ON FUNCTION clearance.token_key_state(timestamptz, timestamptz, timestamptz, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.token_key_state(timestamptz, timestamptz, timestamptz, timestamptz) IS
'internal: whether a key verifies tokens at a time: active, not yet, ended, revoked';

CREATE VIEW clearance.token_keys AS
SELECT k.kid, k.algorithm, CASE WHEN k.algorithm <> 'HS256' THEN encode(sha256(k.material), 'hex') END AS fingerprint,
       k.issuer, k.subject, k.account_id, k.starts_at, k.ends_at, k.revoked_at,
       clearance.token_key_state(k.starts_at, k.ends_at, k.revoked_at, statement_timestamp()) AS state
FROM clearance.token_key k;
COMMENT ON VIEW clearance.token_keys IS 'keys that verify tokens, without the keys themselves';
COMMENT ON COLUMN clearance.token_keys.kid IS 'id by which tokens name the key';
COMMENT ON COLUMN clearance.token_keys.algorithm IS 'the one algorithm of its tokens';
COMMENT ON COLUMN clearance.token_keys.fingerprint IS 'SHA-256 of the public key in DER form; NULL for a secret';
COMMENT ON COLUMN clearance.token_keys.issuer IS 'who issues its tokens: their claim iss';
COMMENT ON COLUMN clearance.token_keys.subject IS 'what their claim sub holds: a member''s key or email';
COMMENT ON COLUMN clearance.token_keys.account_id IS 'account of the members it may name; NULL: any';
COMMENT ON COLUMN clearance.token_keys.starts_at IS 'first moment it counts';
COMMENT ON COLUMN clearance.token_keys.ends_at IS 'first moment it no longer counts';
COMMENT ON COLUMN clearance.token_keys.revoked_at IS 'when it was revoked, for good; NULL: it was not';
COMMENT ON COLUMN clearance.token_keys.state IS 'active, not yet, ended or revoked';

-- An error must not put the statement into the server's log: it holds the key.
-- No constraint of the table may refuse what comes from here: it would show the row.
CREATE FUNCTION clearance.add_token_key(kid text, algorithm text, key text, issuer text, subject text DEFAULT 'key',
    account bigint DEFAULT NULL, starts_at timestamptz DEFAULT NULL, ends_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET log_min_error_statement = 'panic'
AS $$
DECLARE
    added clearance.token_key;
BEGIN
    PERFORM clearance.require_given('token key id', kid), clearance.require_given('algorithm', algorithm),
        clearance.require_given('token key', key), clearance.require_given('issuer', issuer),
        clearance.require_given('subject', subject);
    IF length(kid) > 255 THEN
        RAISE EXCEPTION 'the token key id has % characters', length(kid) USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It may have 255.';
    END IF;
    IF subject NOT IN ('key', 'email') THEN
        RAISE EXCEPTION 'no subject "%"', subject USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The claim sub holds a member''s ''key'' or ''email''.';
    END IF;
    IF account IS NOT NULL THEN
        PERFORM clearance.require_account(account);
    END IF;
    added.starts_at := coalesce(starts_at, '-infinity');
    added.ends_at := coalesce(ends_at, 'infinity');
    IF added.starts_at >= added.ends_at THEN
        RAISE EXCEPTION 'the token key would end at %, before it starts', added.ends_at
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    added.material := clearance.token_key_material(algorithm, key);

    INSERT INTO clearance.token_key AS k (kid, algorithm, material, issuer, subject, account_id, starts_at, ends_at)
    VALUES (add_token_key.kid, add_token_key.algorithm, added.material, add_token_key.issuer, add_token_key.subject,
            account, added.starts_at, added.ends_at)
    ON CONFLICT ON CONSTRAINT token_key_id_is_unique DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'token key "%" exists already', kid USING ERRCODE = 'duplicate_object',
            HINT = 'Give a new key an id of its own; issuers change over to it, then the old one is revoked.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.add_token_key(text, text, text, text, text, bigint, timestamptz, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.add_token_key(text, text, text, text, text, bigint, timestamptz, timestamptz) IS
'accepts tokens that an issuer signs with this key: a public key in PEM form (EdDSA, ES256, RS256), or a secret as base64url (HS256)';

CREATE FUNCTION clearance.revoke_token_key(kid text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE clearance.token_key k SET revoked_at = coalesce(k.revoked_at, statement_timestamp())
    WHERE k.kid = revoke_token_key.kid;
    IF NOT FOUND THEN
        PERFORM clearance.raise_unknown('token key', '"' || kid || '"', 'View clearance.token_keys');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.revoke_token_key(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.revoke_token_key(text) IS 'accepts no token of a key any more, for good; its id stays taken';

CREATE FUNCTION clearance.drop_token_key(kid text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM clearance.token_key k WHERE k.kid = drop_token_key.kid;
    IF NOT FOUND THEN
        PERFORM clearance.raise_unknown('token key', '"' || kid || '"', 'View clearance.token_keys');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.drop_token_key(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.drop_token_key(text) IS 'forgets a key; its id may be given anew';
-- ---------------------------------------------------------------------------
-- Partners: companies, their licences and the roles their people may hold
-- ---------------------------------------------------------------------------

-- Members that were added use a licence, invited ones too. The admin whom the
-- vendor names with a new partner uses one when it accepts: creating a partner
-- uses none.
CREATE VIEW clearance.licence AS
    SELECT m.partner_id, count(*) AS used
    FROM clearance.member m
    WHERE m.partner_id IS NOT NULL AND (m.status = 'active' OR (m.status = 'invited' AND NOT m.named_admin))
    GROUP BY m.partner_id;
COMMENT ON VIEW clearance.licence IS 'licences that the members of each partner use';
COMMENT ON COLUMN clearance.licence.partner_id IS 'the partner';
COMMENT ON COLUMN clearance.licence.used IS 'licences in use';

CREATE VIEW clearance.partners WITH (security_barrier) AS
    SELECT p.id, p.account_id, p.name, p.kind, p.website,
        (SELECT coalesce(m.name, m.email, m.key) FROM clearance.member m
         WHERE m.partner_id = p.id AND m.named_admin) AS admin,
        ARRAY(SELECT coalesce(m.name, m.email, m.key) FROM clearance.member m
              WHERE m.partner_id = p.id AND m.partner_admin AND m.status <> 'disabled'
              ORDER BY 1) AS admins,
        coalesce((SELECT u.used FROM clearance.licence u WHERE u.partner_id = p.id), 0) AS licences_used,
        p.licence_cap,
        l.name AS access_level,
        CASE WHEN p.active THEN 'active' ELSE 'disabled' END AS status,
        p.strategic, p.can_track_time,
        ARRAY(SELECT r.name FROM clearance.partner_role pr JOIN clearance.role r ON r.id = pr.role_id
              WHERE pr.partner_id = p.id ORDER BY r.name) AS roles,
        (SELECT o.member_id FROM clearance.partner_owner o WHERE o.partner_id = p.id) AS owner_id,
        g.image AS logo, g.media_type AS logo_type
    FROM clearance.partner p
    LEFT JOIN clearance.level l ON l.id = p.level_id
    LEFT JOIN clearance.partner_logo g ON g.partner_id = p.id
    WHERE p.account_id IN (SELECT clearance.accounts_with('settings.manage_partner_companies'))
       OR p.account_id IN (SELECT clearance.accounts_with('project.add_partners'))
       OR p.id = (SELECT s.partner FROM clearance.standing() s)
    OFFSET 0;
GRANT SELECT ON clearance.partners TO PUBLIC;
COMMENT ON VIEW clearance.partners IS
'partners with their admins and the licences used of those they may use: to operators all, to members who manage partners or add them to projects those of the account, to a partner''s members their own';
COMMENT ON COLUMN clearance.partners.id IS 'internal id';
COMMENT ON COLUMN clearance.partners.account_id IS 'the account';
COMMENT ON COLUMN clearance.partners.name IS 'company name';
COMMENT ON COLUMN clearance.partners.kind IS 'integrator or contractor';
COMMENT ON COLUMN clearance.partners.website IS 'address of its web site';
COMMENT ON COLUMN clearance.partners.admin IS 'the admin whom the vendor named with the partner';
COMMENT ON COLUMN clearance.partners.admins IS 'its partner admins, but for disabled ones';
COMMENT ON COLUMN clearance.partners.licences_used IS 'active and invited members, but for a named admin who has not accepted yet';
COMMENT ON COLUMN clearance.partners.licence_cap IS 'most members it may have; NULL: no cap';
COMMENT ON COLUMN clearance.partners.access_level IS 'level of all its members; NULL: role or account decide';
COMMENT ON COLUMN clearance.partners.status IS 'active or disabled';
COMMENT ON COLUMN clearance.partners.strategic IS 'introduced to customers by name';
COMMENT ON COLUMN clearance.partners.can_track_time IS 'its members may track time';
COMMENT ON COLUMN clearance.partners.roles IS 'roles its members may hold';
COMMENT ON COLUMN clearance.partners.owner_id IS 'member of the vendor''s team in charge';
COMMENT ON COLUMN clearance.partners.logo IS 'its logo';
COMMENT ON COLUMN clearance.partners.logo_type IS 'media type of the logo';

-- Rewriting the row, where locking it would seem to do, makes a concurrent
-- REPEATABLE READ transaction fail rather than look under its old snapshot.
CREATE FUNCTION clearance.hold_partner(partner bigint) RETURNS clearance.partner
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE clearance.partner p SET licence_cap = p.licence_cap WHERE p.id = partner RETURNING p.*
$$;
REVOKE ALL ON FUNCTION clearance.hold_partner(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.hold_partner(bigint) IS
'internal: has all who change this partner''s licences or roles wait for each other until commit; called before a member of it is locked';

-- Called after a change.
CREATE FUNCTION clearance.check_licences(partner bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.partner := clearance.hold_partner(partner);
    used bigint;
BEGIN
    SELECT u.used INTO used FROM clearance.licence u WHERE u.partner_id = p.id;
    IF used > p.licence_cap THEN
        RAISE configuration_limit_exceeded USING
            MESSAGE = format('partner "%s" would use %s of its %s licences', p.name, used, p.licence_cap),
            HINT = 'Disable a member, or raise licence_cap with clearance.update_partner().';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.check_licences(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.check_licences(bigint) IS
'internal: refuses more members than the partner''s licence cap';

-- ---------------------------------------------------------------------------
-- Their properties
-- ---------------------------------------------------------------------------

-- The role stays available until commit: update_role() waits, or fails.
CREATE FUNCTION clearance.require_partner_role(name text, account bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.role := clearance.require_role(name, account);
BEGIN
    UPDATE clearance.role t SET level_id = t.level_id WHERE t.id = r.id RETURNING t.* INTO r;
    IF NOT r.available_to_partners THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('role "%s" is not available to partners', name),
            HINT = 'Choose a role that was created with available_to_partners => true.';
    END IF;
    RETURN r.id;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_partner_role(text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_partner_role(text, bigint) IS
'internal: id of a role that is available to partners, or an error';

CREATE FUNCTION clearance.put_partner_logo(partner bigint, logo bytea, logo_type text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF logo = '' THEN
        DELETE FROM clearance.partner_logo g WHERE g.partner_id = partner;
    ELSIF logo IS NOT NULL THEN
        PERFORM clearance.require_choice('logo_type', logo_type, '{image/png,image/jpeg,image/gif,image/webp}');
        IF octet_length(logo) > 2 * 1024 * 1024 THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('logo of %s bytes is too large', octet_length(logo)),
                HINT = 'A logo has at most 2 MB, which is 2097152 bytes; its width and height do not matter.';
        END IF;
        INSERT INTO clearance.partner_logo VALUES (partner, logo, logo_type)
        ON CONFLICT ON CONSTRAINT partner_has_one_logo DO UPDATE SET image = EXCLUDED.image, media_type = EXCLUDED.media_type;
    ELSIF logo_type IS NOT NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'logo is null',
            HINT = 'logo_type goes with a logo.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.put_partner_logo(bigint, bytea, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.put_partner_logo(bigint, bytea, text) IS
'internal: sets a partner''s logo; NULL leaves it as it is, an empty one takes it away';

CREATE FUNCTION clearance.put_partner_owner(p clearance.partner, owner bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member;
BEGIN
    IF owner IS NULL THEN
        RETURN;
    END IF;
    m := clearance.require_member(owner);
    PERFORM clearance.require_same_account(format('member "%s"', clearance.member_label(m)), m.account_id, p.account_id);
    IF m.kind <> 'vendor' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" cannot own partner "%s"', clearance.member_label(m), p.name),
            HINT = 'Partners are owned by members of the vendor''s team.';
    END IF;
    INSERT INTO clearance.partner_owner VALUES (p.account_id, p.id, m.id)
    ON CONFLICT ON CONSTRAINT partner_has_one_owner DO UPDATE SET member_id = EXCLUDED.member_id;
END
$$;
REVOKE ALL ON FUNCTION clearance.put_partner_owner(clearance.partner, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.put_partner_owner(clearance.partner, bigint) IS
'internal: puts a member of the vendor''s team in charge of a partner; NULL leaves it as it is';

CREATE FUNCTION clearance.require_partner_properties(account bigint, partner bigint, name text, website text, licence_cap integer) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_line('name', name);
    IF EXISTS (SELECT FROM clearance.partner p
               WHERE p.account_id = account AND lower(p.name) = lower(require_partner_properties.name) AND p.id IS DISTINCT FROM partner) THEN
        RAISE unique_violation USING
            MESSAGE = format('partner "%s" is already known', name),
            HINT = 'View clearance.partners lists those that exist.';
    ELSIF website <> '' AND NOT clearance.is_web_address(website) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"%s" is no web address', website),
            HINT = 'Pass one with http:// or https://, such as https://example.com.';
    ELSIF licence_cap < -1 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('licence_cap is %s', licence_cap),
            HINT = 'It is a number of members; -1 stands for no cap.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_partner_properties(bigint, bigint, text, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_partner_properties(bigint, bigint, text, text, integer) IS
'internal: refuses properties that a partner cannot have; NULL is fine';

CREATE FUNCTION clearance.create_partner(
    name text,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    licence_cap integer DEFAULT NULL,
    strategic boolean DEFAULT false,
    can_track_time boolean DEFAULT false,
    roles text[] DEFAULT '{}',
    account bigint DEFAULT NULL,
    admin_email text DEFAULT NULL,
    website text DEFAULT NULL,
    logo bytea DEFAULT NULL,
    logo_type text DEFAULT NULL,
    kind text DEFAULT 'integrator',
    owner bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance.default_account(account);
    p clearance.partner;
BEGIN
    PERFORM clearance.require_right('settings.manage_partner_companies', of_account);
    PERFORM clearance.require_given('name', name), clearance.require_given('strategic', strategic::text),
            clearance.require_given('can_track_time', can_track_time::text),
            clearance.require_choice('kind', kind, '{integrator,contractor}');
    PERFORM clearance.require_partner_properties(of_account, NULL, name, website, licence_cap);
    INSERT INTO clearance.partner AS t (account_id, name, level_id, licence_cap, strategic, can_track_time, kind, website)
    VALUES (of_account, create_partner.name, clearance.changed_level(NULL, access_level, 'partner'),
            nullif(create_partner.licence_cap, -1), create_partner.strategic, create_partner.can_track_time,
            create_partner.kind, nullif(create_partner.website, ''))
    RETURNING t.* INTO p;
    INSERT INTO clearance.partner_role (partner_id, role_id)
    SELECT DISTINCT p.id, clearance.require_partner_role(r, of_account) FROM unnest(roles) r;
    PERFORM clearance.put_partner_logo(p.id, logo, logo_type);
    PERFORM clearance.put_partner_owner(p, owner);
    IF admin_email <> '' THEN
        PERFORM clearance.put_invitation(
            clearance.insert_member(of_account, email => admin_email, partner => p.id, partner_admin => true, named_admin => true,
                                    status => 'invited', roles => roles[1:1]),
            by_link => false, valid_for => '7 days');
    END IF;
    RETURN p.id;
END
$$;
COMMENT ON FUNCTION clearance.create_partner(text, text, clearance.by_name, integer, boolean, boolean, text[], bigint, text, text, bytea, text, text, bigint) IS
'adds a partner company and invites its admin, who holds the first of the roles; its members may hold only the roles given here; licence_cap NULL or -1: no cap';

CREATE FUNCTION clearance.update_partner(
    partner bigint,
    clearance.by_name DEFAULT 'by name',
    name text DEFAULT NULL,
    access_level text DEFAULT NULL,
    licence_cap integer DEFAULT NULL,
    strategic boolean DEFAULT NULL,
    can_track_time boolean DEFAULT NULL,
    website text DEFAULT NULL,
    logo bytea DEFAULT NULL,
    logo_type text DEFAULT NULL,
    kind text DEFAULT NULL,
    owner bigint DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.partner := clearance.require_partner(partner);
BEGIN
    PERFORM clearance.require_right('settings.manage_partner_companies', company.account_id);
    PERFORM clearance.require_choice('kind', coalesce(kind, company.kind), '{integrator,contractor}');
    PERFORM clearance.require_partner_properties(company.account_id, company.id, name, website, licence_cap);
    UPDATE clearance.partner p SET
        name = coalesce(update_partner.name, p.name),
        level_id = clearance.changed_level(p.level_id, access_level, 'partner'),
        licence_cap = nullif(coalesce(update_partner.licence_cap, p.licence_cap), -1),
        strategic = coalesce(update_partner.strategic, p.strategic),
        can_track_time = coalesce(update_partner.can_track_time, p.can_track_time),
        website = clearance.changed_text(p.website, update_partner.website),
        kind = coalesce(update_partner.kind, p.kind)
    WHERE p.id = company.id;
    PERFORM clearance.put_partner_logo(company.id, logo, logo_type);
    PERFORM clearance.put_partner_owner(company, owner);
    PERFORM clearance.check_licences(company.id);
END
$$;
COMMENT ON FUNCTION clearance.update_partner(bigint, clearance.by_name, text, text, integer, boolean, boolean, text, bytea, text, text, bigint) IS
'changes a partner, but not its admin; NULL leaves a property as it is, an empty access_level, website or logo takes it away, licence_cap -1 the cap';

CREATE FUNCTION clearance.set_partner_roles(partner bigint, roles text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.partner := clearance.require_partner(partner);
    selected bigint[];
    held record;
BEGIN
    PERFORM clearance.require_right('settings.manage_partner_companies', company.account_id);
    PERFORM clearance.require_given('roles', roles::text);
    PERFORM clearance.hold_partner(company.id);      -- as require_role_for() does
    selected := ARRAY(SELECT DISTINCT clearance.require_partner_role(r, company.account_id) FROM unnest(roles) r);
    SELECT r.name AS role, clearance.member_label(m) AS member INTO held
    FROM clearance.member m JOIN clearance.member_role mr ON mr.member_id = m.id JOIN clearance.role r ON r.id = mr.role_id
    WHERE m.partner_id = company.id AND r.id <> ALL (selected)
    ORDER BY r.name, m.id LIMIT 1;
    IF FOUND THEN
        RAISE object_in_use USING
            MESSAGE = format('member "%s" of partner "%s" holds role "%s"', held.member, company.name, held.role),
            HINT = 'Give it another role with clearance.set_member_roles() first.';
    END IF;
    DELETE FROM clearance.partner_role pr WHERE pr.partner_id = company.id AND pr.role_id <> ALL (selected);
    INSERT INTO clearance.partner_role (partner_id, role_id) SELECT company.id, unnest(selected) ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION clearance.set_partner_roles(bigint, text[]) IS
'selects the roles that a partner''s members may hold, instead of those selected before';

CREATE FUNCTION clearance.disable_partner(partner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_right('settings.manage_partner_companies', p.account_id) FROM clearance.require_partner(partner) p;
    UPDATE clearance.partner p SET active = false WHERE p.id = disable_partner.partner;
END
$$;
COMMENT ON FUNCTION clearance.disable_partner(bigint) IS
'takes the standing of all members of a partner until it is enabled again';

CREATE FUNCTION clearance.enable_partner(partner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_right('settings.manage_partner_companies', p.account_id) FROM clearance.require_partner(partner) p;
    UPDATE clearance.partner p SET active = true WHERE p.id = enable_partner.partner;
END
$$;
COMMENT ON FUNCTION clearance.enable_partner(bigint) IS 'ends disable_partner()';
-- ---------------------------------------------------------------------------
-- Customers
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.require_customer_properties(account bigint, customer bigint, name text, kind text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_line('name', name), clearance.require_choice('kind', kind, '{customer,prospect}');
    IF EXISTS (SELECT FROM clearance.customer c
               WHERE c.account_id = account AND lower(c.name) = lower(require_customer_properties.name) AND c.id IS DISTINCT FROM customer) THEN
        RAISE unique_violation USING
            MESSAGE = format('customer "%s" is already known', name),
            HINT = 'View clearance.companies lists those that exist.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_customer_properties(bigint, bigint, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_customer_properties(bigint, bigint, text, text) IS
'internal: refuses properties that a customer cannot have; a NULL name is fine';

CREATE FUNCTION clearance.create_customer(name text, account bigint DEFAULT NULL, kind text DEFAULT 'customer') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance.default_account(account);
    new_id bigint;
BEGIN
    PERFORM clearance.require_right('customer_account.create', of_account);
    PERFORM clearance.require_given('name', name);
    PERFORM clearance.require_customer_properties(of_account, NULL, name, kind);
    INSERT INTO clearance.customer (account_id, name, kind)
    VALUES (of_account, create_customer.name, create_customer.kind)
    RETURNING id INTO new_id;
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION clearance.create_customer(text, bigint, text) IS
'adds a company for which projects are done, or one that may become a customer';

CREATE FUNCTION clearance.update_customer(customer bigint, clearance.by_name DEFAULT 'by name', name text DEFAULT NULL, kind text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.customer := clearance.require_customer(customer);
BEGIN
    PERFORM clearance.require_right('customer_account.edit', company.account_id);
    PERFORM clearance.require_customer_properties(company.account_id, company.id, name, coalesce(kind, company.kind));
    UPDATE clearance.customer c SET
        name = coalesce(update_customer.name, c.name),
        kind = coalesce(update_customer.kind, c.kind)
    WHERE c.id = company.id;
END
$$;
COMMENT ON FUNCTION clearance.update_customer(bigint, clearance.by_name, text, text) IS 'changes a customer; NULL leaves a property as it is';

CREATE FUNCTION clearance.disable_customer(customer bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_right('customer_account.edit', c.account_id) FROM clearance.require_customer(customer) c;
    UPDATE clearance.customer c SET active = false WHERE c.id = disable_customer.customer;
END
$$;
COMMENT ON FUNCTION clearance.disable_customer(bigint) IS
'takes the standing of all contacts of a customer until it is enabled again';

CREATE FUNCTION clearance.enable_customer(customer bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_right('customer_account.edit', c.account_id) FROM clearance.require_customer(customer) c;
    UPDATE clearance.customer c SET active = true WHERE c.id = enable_customer.customer;
END
$$;
COMMENT ON FUNCTION clearance.enable_customer(bigint) IS 'ends disable_customer()';

CREATE VIEW clearance.companies WITH (security_barrier) AS
    SELECT c.type, c.id, c.account_id, c.name, CASE WHEN c.active THEN 'active' ELSE 'disabled' END AS status
    FROM (SELECT 'partner' AS type, id, account_id, name, active FROM clearance.partner
          UNION ALL
          SELECT kind, id, account_id, name, active FROM clearance.customer) c
    WHERE (SELECT clearance.is_operator())
       OR c.account_id = (SELECT s.account FROM clearance.standing() s WHERE s.kind = 'vendor')
    OFFSET 0;
GRANT SELECT ON clearance.companies TO PUBLIC;
COMMENT ON VIEW clearance.companies IS
'companies that an account works with: to operators all, to the vendor''s team those of its account';
COMMENT ON COLUMN clearance.companies.type IS 'partner, customer or prospect';
COMMENT ON COLUMN clearance.companies.id IS 'id among companies of the type; customers and prospects count as one';
COMMENT ON COLUMN clearance.companies.account_id IS 'the account';
COMMENT ON COLUMN clearance.companies.name IS 'company name';
COMMENT ON COLUMN clearance.companies.status IS 'active or disabled';
-- ---------------------------------------------------------------------------
-- Members: the vendor's team, partners' teams, customers' contacts
-- ---------------------------------------------------------------------------

-- A partner's selection of roles stays until commit: set_partner_roles() waits,
-- or fails.
CREATE FUNCTION clearance.require_role_for(m clearance.member, name text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.role := clearance.require_role(name, m.account_id);
BEGIN
    IF m.kind = 'customer' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('contact "%s" of a customer cannot hold role "%s"', clearance.member_label(m), name),
            HINT = 'Roles are for the vendor''s and partners'' teams.';
    ELSIF m.kind = 'partner' THEN
        PERFORM clearance.hold_partner(m.partner_id);
        IF NOT (r.available_to_partners
                AND EXISTS (SELECT FROM clearance.partner_role pr WHERE pr.partner_id = m.partner_id AND pr.role_id = r.id)) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('role "%s" is not selected for partner "%s"', name,
                    (clearance.require_partner(m.partner_id)).name),
                HINT = 'View clearance.partners lists the roles that members of each partner may hold.';
        END IF;
    ELSIF r.level_id IS NOT NULL THEN
        PERFORM clearance.require_may_give(r.level_id, m.account_id);
    END IF;
    RETURN r.id;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_role_for(clearance.member, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_role_for(clearance.member, text) IS
'internal: id of a role that the member may hold and the actor may give, or an error';

CREATE FUNCTION clearance.require_ready_owner(partner bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner clearance.member;
BEGIN
    SELECT m.* INTO owner FROM clearance.partner_owner o JOIN clearance.member m ON m.id = o.member_id
    WHERE o.partner_id = partner AND NOT EXISTS (SELECT FROM clearance.member_role mr WHERE mr.member_id = m.id);
    IF FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('%s, who is in charge of the partner, has no role',
                -- a partner's admin, who invites, is not told who that is
                CASE WHEN clearance.knows(owner.account_id, owner.partner_id, owner.customer_id)
                     THEN '"' || clearance.member_label(owner) || '"' ELSE 'the vendor''s member' END),
            HINT = 'Give it one with clearance.set_member_roles(), or name another owner with clearance.update_partner().';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_ready_owner(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_ready_owner(bigint) IS
'internal: refuses a partner whose owner has no role; one without owner is fine';

CREATE FUNCTION clearance.require_identity(account bigint, member bigint, key text, email text, name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_line('key', key), clearance.require_line('name', name), clearance.require_email(email);
    IF num_nonnulls(key, email) = 0 THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'key and email are null',
            HINT = 'A member is known by the application''s user id, by its e-mail address, or by both.';
    ELSIF EXISTS (SELECT FROM clearance.member m
                  WHERE m.account_id = account AND m.key = require_identity.key AND m.id IS DISTINCT FROM member) THEN
        RAISE unique_violation USING
            MESSAGE = format('key "%s" is taken', key),
            DETAIL = 'Another member of the account has it.';
    ELSIF EXISTS (SELECT FROM clearance.member m
                  WHERE m.account_id = account AND lower(m.email) = lower(require_identity.email) AND m.id IS DISTINCT FROM member) THEN
        RAISE unique_violation USING
            MESSAGE = format('e-mail address "%s" is taken', email),
            DETAIL = 'Another member of the account has it.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_identity(bigint, bigint, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_identity(bigint, bigint, text, text, text) IS
'internal: refuses key, e-mail address and name that a member of the account cannot have';

CREATE FUNCTION clearance.insert_member(
    account bigint,
    key text DEFAULT NULL,
    email text DEFAULT NULL,
    name text DEFAULT NULL,
    roles text[] DEFAULT '{}',
    partner bigint DEFAULT NULL,
    customer bigint DEFAULT NULL,
    partner_admin boolean DEFAULT false,
    named_admin boolean DEFAULT false,
    status text DEFAULT 'active'
) RETURNS clearance.member
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member;
BEGIN
    email := nullif(email, '');
    name := nullif(name, '');
    PERFORM clearance.require_identity(account, NULL, key, email, name);
    PERFORM clearance.require_ready_owner(partner);
    PERFORM clearance.hold_partner(partner);
    INSERT INTO clearance.member AS t (account_id, key, email, name, partner_id, customer_id, partner_admin, named_admin, status)
    VALUES (insert_member.account, insert_member.key, insert_member.email, insert_member.name, partner, customer,
            insert_member.partner_admin, insert_member.named_admin, insert_member.status)
    RETURNING t.* INTO m;
    INSERT INTO clearance.member_role (member_id, role_id)
    SELECT DISTINCT m.id, clearance.require_role_for(m, r) FROM unnest(roles) r;
    PERFORM clearance.check_licences(partner);
    RETURN m;
END
$$;
REVOKE ALL ON FUNCTION clearance.insert_member(bigint, text, text, text, text[], bigint, bigint, boolean, boolean, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.insert_member(bigint, text, text, text, text[], bigint, bigint, boolean, boolean, text) IS
'internal: adds a member, whose company is of the account';

CREATE FUNCTION clearance.add_member(
    key clearance.app_key DEFAULT NULL,
    email text DEFAULT NULL,
    name text DEFAULT NULL,
    roles text[] DEFAULT '{}',
    clearance.by_name DEFAULT 'by name',
    partner bigint DEFAULT NULL,
    customer bigint DEFAULT NULL,
    partner_admin boolean DEFAULT false,
    status text DEFAULT 'active',
    account bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance.default_account(account);
    added clearance.member;
BEGIN
    PERFORM clearance.require_right(CASE WHEN partner IS NOT NULL THEN 'settings.manage_partner_companies'
                                         WHEN customer IS NOT NULL THEN 'customer_account.edit'
                                         ELSE 'settings.manage_team_members' END, of_account);
    IF partner IS NOT NULL THEN
        PERFORM clearance.require_same_account(format('partner "%s"', p.name), p.account_id, of_account)
        FROM clearance.require_partner(partner) p;
    END IF;
    IF customer IS NOT NULL THEN
        PERFORM clearance.require_same_account(format('customer "%s"', c.name), c.account_id, of_account)
        FROM clearance.require_customer(customer) c;
    END IF;
    PERFORM clearance.require_choice('status', status, '{active,invited,disabled}'),
            clearance.require_given('partner_admin', partner_admin::text);
    IF num_nonnulls(partner, customer) > 1 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'a member is of a partner or of a customer, not of both';
    ELSIF partner_admin AND partner IS NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'partner_admin goes with a partner',
            HINT = 'Pass partner => id; view clearance.partners lists those that exist.';
    END IF;
    added := clearance.insert_member(of_account, key::text, email, name, roles, partner, customer, partner_admin, status => status);
    PERFORM clearance.notice_no_level(added);
    RETURN added.id;
END
$$;
COMMENT ON FUNCTION clearance.add_member(clearance.app_key, text, text, text[], clearance.by_name, bigint, bigint, boolean, text, bigint) IS
'adds a person or service: of the vendor''s team, of a partner''s team, or a customer''s contact; key: the application''s user id';

CREATE FUNCTION clearance.set_member_roles(member bigint, roles text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.require_member(member);
    ids bigint[];
BEGIN
    PERFORM clearance.require_member_right(m, team => true);
    PERFORM clearance.require_given('roles', roles::text);
    ids := ARRAY(SELECT DISTINCT clearance.require_role_for(m, r) FROM unnest(roles) r);
    DELETE FROM clearance.member_role mr WHERE mr.member_id = m.id AND mr.role_id <> ALL (ids);
    INSERT INTO clearance.member_role (member_id, role_id) SELECT m.id, unnest(ids) ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION clearance.set_member_roles(bigint, text[]) IS 'gives a member these roles instead of those it holds';

CREATE FUNCTION clearance.set_partner_admin(member bigint, admin boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.require_member(member);
BEGIN
    PERFORM clearance.require_member_right(m, team => true);
    PERFORM clearance.require_given('admin', admin::text);
    IF m.kind <> 'partner' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" is of no partner', clearance.member_label(m));
    ELSIF m.named_admin AND NOT admin THEN
        RAISE object_in_use USING
            MESSAGE = format('member "%s" stays an admin of its partner', clearance.member_label(m)),
            DETAIL = 'It was named when the partner was created.',
            HINT = 'Make others admins beside it; clearance.disable_member() takes its standing.';
    END IF;
    UPDATE clearance.member t SET partner_admin = admin WHERE t.id = m.id;
END
$$;
COMMENT ON FUNCTION clearance.set_partner_admin(bigint, boolean) IS
'makes a partner''s member an admin, who reaches every project of the partner and manages its team, or a collaborator';

CREATE FUNCTION clearance.disable_member(member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.require_member(member);
BEGIN
    PERFORM clearance.require_member_right(m, team => true);
    UPDATE clearance.member t
    SET status = 'disabled',
        disabled_by_vendor = (t.status = 'disabled' AND t.disabled_by_vendor)
            OR (t.kind <> 'vendor' AND (SELECT s.kind FROM clearance.standing() s) IS DISTINCT FROM t.kind)
    WHERE t.id = m.id;
END
$$;
COMMENT ON FUNCTION clearance.disable_member(bigint) IS
'takes a member''s standing and frees its licence; its memberships stay for enable_member()';

CREATE FUNCTION clearance.enable_member(member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.require_member(member);
BEGIN
    PERFORM clearance.require_member_right(m, team => true);
    PERFORM clearance.require_ready_owner(m.partner_id);
    PERFORM clearance.hold_partner(m.partner_id);
    UPDATE clearance.member t
    SET status = CASE WHEN EXISTS (SELECT FROM clearance.invitation i WHERE i.member_id = t.id) THEN 'invited' ELSE 'active' END,
        disabled_by_vendor = false
    WHERE t.id = m.id
      AND NOT (t.disabled_by_vendor AND (SELECT s.kind FROM clearance.standing() s) IS NOT DISTINCT FROM t.kind);
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('member "%s" was disabled by the vendor', clearance.member_label(m)),
            HINT = 'Ask the vendor to enable it.';
    END IF;
    PERFORM clearance.check_licences(m.partner_id);
END
$$;
COMMENT ON FUNCTION clearance.enable_member(bigint) IS
'makes a member active, or invited if it has yet to accept an invitation; a partner''s member uses a licence again';

CREATE FUNCTION clearance.require_switch_right(m clearance.member) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_member_right(m);
    PERFORM clearance.require_right('settings.manage_team_members', m.account_id);
END
$$;
REVOKE ALL ON FUNCTION clearance.require_switch_right(clearance.member) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_switch_right(clearance.member) IS
'internal: refuses those who do not manage this member''s permissions';

CREATE FUNCTION clearance.switch_on(member bigint, feature text, action text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.require_member(member);
    refusing text;
BEGIN
    PERFORM clearance.require_switch_right(m);
    PERFORM clearance.require_action(feature, action);
    SELECT l.name INTO refusing
    FROM clearance.not_available n JOIN clearance.level l ON l.id = n.level_id
    WHERE n.feature = switch_on.feature AND n.action = switch_on.action AND l.audience = m.kind
      AND l.id IN (SELECT r.level_id FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
                   WHERE mr.member_id = m.id
                   UNION ALL
                   SELECT p.level_id FROM clearance.partner p WHERE p.id = m.partner_id)
    ORDER BY l.id LIMIT 1;
    IF FOUND THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('%s.%s is not available to member "%s"', feature, action, clearance.member_label(m)),
            DETAIL = format('It can never be switched on for holders of level "%s".', refusing);
    END IF;
    -- nobody switches on what it does not hold itself
    PERFORM clearance.require_right(feature || '.' || action, m.account_id);
    INSERT INTO clearance.member_switch VALUES (m.id, feature, action) ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION clearance.switch_on(bigint, text, text) IS
'permits an action to one member beyond its levels; doing it twice is fine';

CREATE FUNCTION clearance.switch_off(member bigint, feature text, action text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.require_member(member);
BEGIN
    PERFORM clearance.require_switch_right(m);
    PERFORM clearance.require_action(feature, action);
    DELETE FROM clearance.member_switch s
    WHERE s.member_id = m.id AND s.feature = switch_off.feature AND s.action = switch_off.action;
END
$$;
COMMENT ON FUNCTION clearance.switch_off(bigint, text, text) IS
'ends switch_on(); what the member''s levels grant stays';
-- ---------------------------------------------------------------------------
-- Outbox: mail for the application to send
--
-- The one place that holds tokens in clear, and only until the mail is taken.
-- Nobody but superusers reads the table; trusted roles empty it.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.queue_mail(account bigint, kind text, recipient text, payload jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO clearance.outbox (account_id, kind, recipient, payload)
    VALUES (account, kind, recipient, jsonb_strip_nulls(payload));
    SELECT pg_notify('clearance_outbox', '');
$$;
REVOKE ALL ON FUNCTION clearance.queue_mail(bigint, text, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION clearance.queue_mail(bigint, text, text, jsonb) IS
'internal: puts a mail into the outbox; listeners on channel clearance_outbox hear of it at commit, of its content nothing';

-- Senders take different mails at the same time; one that fails rolls back, and
-- its mails are there again.
CREATE FUNCTION clearance.take_mail(max integer DEFAULT 100) RETURNS SETOF clearance.outbox
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH taken AS (
        DELETE FROM clearance.outbox o
        WHERE o.id = ANY (ARRAY(SELECT w.id FROM clearance.outbox w ORDER BY w.id LIMIT max FOR UPDATE SKIP LOCKED))
        RETURNING o.*
    )
    SELECT t.* FROM taken t ORDER BY t.id
$$;
REVOKE ALL ON FUNCTION clearance.take_mail(integer) FROM PUBLIC;
COMMENT ON FUNCTION clearance.take_mail(integer) IS
'the oldest mails to send; commit when they are sent, and they are gone. For trusted roles: see trust_role()';
-- ---------------------------------------------------------------------------
-- Invitations: people who join by a token
--
-- The token goes to the caller and into the outbox; the table knows its hash.
-- Whoever presents it, through the application, becomes the invited member.
-- ---------------------------------------------------------------------------

-- 32 bytes with at least 256 random bits, in a form that fits into addresses.
CREATE FUNCTION clearance.new_token() RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT translate(encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
                            'base64'), '+/=', '-_')
$$;
REVOKE ALL ON FUNCTION clearance.new_token() FROM PUBLIC;
COMMENT ON FUNCTION clearance.new_token() IS 'internal: an unguessable token';

CREATE FUNCTION clearance.hash_token(token text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$ SELECT sha256(convert_to(token, 'UTF8')) $$;
REVOKE ALL ON FUNCTION clearance.hash_token(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.hash_token(text) IS 'internal: what is kept of a token';

CREATE FUNCTION clearance.require_valid_for(valid_for interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_given('valid_for', valid_for::text);
    IF valid_for <= interval '0' OR valid_for > interval '1 year' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('valid_for is %s', valid_for),
            HINT = 'A token is valid for more than nothing, and for a year at most.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_valid_for(interval) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_valid_for(interval) IS 'internal: refuses a token that would never, or for ever, be valid';

CREATE FUNCTION clearance.put_invitation(m clearance.member, by_link boolean, valid_for interval) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    token text := clearance.new_token();
    expires timestamptz := now() + valid_for;
BEGIN
    PERFORM clearance.require_valid_for(valid_for);
    IF m.email IS NULL AND by_link IS NOT TRUE THEN
        RAISE null_value_not_allowed USING
            MESSAGE = format('member "%s" has no e-mail address', clearance.member_label(m)),
            HINT = 'Pass by_link => true, and hand over the token yourself.';
    END IF;
    INSERT INTO clearance.invitation (member_id, token_hash, invited_by, expires_at)
    VALUES (m.id, clearance.hash_token(token), clearance.actor(), expires)
    ON CONFLICT ON CONSTRAINT invitation_is_the_members_only_one DO UPDATE SET
        token_hash = EXCLUDED.token_hash, invited_by = EXCLUDED.invited_by,
        sent_at = EXCLUDED.sent_at, expires_at = EXCLUDED.expires_at;
    IF by_link IS NOT TRUE THEN
        PERFORM clearance.queue_mail(m.account_id, m.kind || '_invitation', m.email, jsonb_build_object(
            'token', token, 'expires_at', expires, 'name', m.name, 'admin', CASE WHEN m.kind = 'partner' THEN m.partner_admin END,
            'account', (SELECT a.name FROM clearance.account a WHERE a.id = m.account_id),
            'company', coalesce((SELECT p.name FROM clearance.partner p WHERE p.id = m.partner_id),
                                (SELECT c.name FROM clearance.customer c WHERE c.id = m.customer_id)),
            'invited_by', (SELECT clearance.member_label(i) FROM clearance.member i WHERE i.id = clearance.actor())));
    END IF;
    RETURN token;
END
$$;
REVOKE ALL ON FUNCTION clearance.put_invitation(clearance.member, boolean, interval) FROM PUBLIC;
COMMENT ON FUNCTION clearance.put_invitation(clearance.member, boolean, interval) IS
'internal: makes a member''s invitation, instead of an earlier one, and queues its mail; returns the token';

CREATE FUNCTION clearance.invite_partner_member(
    partner bigint,
    email text,
    role text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    admin boolean DEFAULT false,
    name text DEFAULT NULL,
    valid_for interval DEFAULT '7 days',
    OUT member bigint,
    OUT token text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.partner := clearance.require_partner(partner);
    invited clearance.member;
BEGIN
    PERFORM clearance.require_team_right(company);
    PERFORM clearance.require_given('email', email);
    PERFORM clearance.require_given('admin', admin::text);
    company := clearance.hold_partner(company.id);
    IF NOT company.active THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('partner "%s" is disabled', company.name),
            HINT = 'Call clearance.enable_partner() first.';
    END IF;
    IF role IS NULL AND EXISTS (SELECT FROM clearance.partner_role pr WHERE pr.partner_id = company.id) THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'role is null',
            HINT = (SELECT format('Roles of partner "%s" are: %s.', company.name, string_agg(r.name, ', ' ORDER BY r.name))
                    FROM clearance.partner_role pr JOIN clearance.role r ON r.id = pr.role_id WHERE pr.partner_id = company.id);
    END IF;
    invited := clearance.insert_member(company.account_id, email => email, name => name, partner => company.id,
        partner_admin => admin, status => 'invited', roles => array_remove(ARRAY[role], NULL));
    member := invited.id;
    token := clearance.put_invitation(invited, false, valid_for);
END
$$;
COMMENT ON FUNCTION clearance.invite_partner_member(bigint, text, text, clearance.by_name, boolean, text, interval) IS
'invites somebody into a partner''s team, with a role and as admin or collaborator; uses a licence. The token is returned this once';

CREATE FUNCTION clearance.invite_customer_contact(
    customer bigint,
    email text,
    clearance.by_name DEFAULT 'by name',
    name text DEFAULT NULL,
    project clearance.app_key DEFAULT NULL,
    by_link boolean DEFAULT false,
    valid_for interval DEFAULT '14 days',
    OUT member bigint,
    OUT token text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.customer := clearance.require_customer(customer);
    p clearance.project;
    invited clearance.member;
BEGIN
    IF project IS NOT NULL THEN
        p := clearance.require_project(project);
    ELSIF NOT clearance.has_right('project.view', company.account_id) THEN
        PERFORM clearance.raise_refusal('does not invite in the whole account', NULL,
            'Pass project => ..., a project of the customer''s whose team may invite.');
    END IF;
    PERFORM clearance.require_right('project.invite_customer_team_members', company.account_id, project);
    PERFORM clearance.require_given('email', email);
    SELECT c.* INTO company FROM clearance.customer c WHERE c.id = company.id FOR SHARE;
    IF NOT company.active THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('customer "%s" is disabled', company.name),
            HINT = 'Call clearance.enable_customer() first.';
    ELSIF p.id IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.project_customer pc
                                           WHERE pc.project_id = p.id AND pc.customer_id = company.id) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('customer "%s" is not on project "%s"', company.name, project),
            HINT = 'Call clearance.add_customer_to_project() first.';
    END IF;
    invited := clearance.insert_member(company.account_id, email => email, name => name, customer => company.id, status => 'invited');
    member := invited.id;
    token := clearance.put_invitation(invited, by_link, valid_for);
END
$$;
COMMENT ON FUNCTION clearance.invite_customer_contact(bigint, text, clearance.by_name, text, clearance.app_key, boolean, interval) IS
'invites a customer''s contact into the portal, by mail or by a link made from the token, which is returned this once; project: one whose team may invite';

CREATE FUNCTION clearance.require_invitation_right(m clearance.member) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.kind <> 'customer' THEN
        PERFORM clearance.require_member_right(m, team => true);
    ELSIF NOT EXISTS (SELECT FROM clearance.invitation i JOIN clearance.standing() s ON s.member = i.invited_by
                      WHERE i.member_id = m.id AND s.kind = 'vendor') THEN
        PERFORM clearance.require_right('project.view', m.account_id);
        PERFORM clearance.require_right('project.invite_customer_team_members', m.account_id);
    END IF;
    IF m.status <> 'invited' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" is %s, not invited', clearance.member_label(m), m.status);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_invitation_right(clearance.member) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_invitation_right(clearance.member) IS
'internal: refuses those who cannot send or withdraw this member''s invitation, and members who are not invited';

CREATE FUNCTION clearance.hold_invited(member bigint) RETURNS clearance.member
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.require_member(member);
BEGIN
    PERFORM clearance.require_invitation_right(m);
    -- whoever accepts meanwhile is waited for, and is invited no more
    SELECT t.* INTO m FROM clearance.member t WHERE t.id = m.id FOR UPDATE;
    PERFORM clearance.require_invitation_right(m);
    RETURN m;
END
$$;
REVOKE ALL ON FUNCTION clearance.hold_invited(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.hold_invited(bigint) IS
'internal: an invited member, locked, whose invitation the actor may send or withdraw';

CREATE FUNCTION clearance.resend_invitation(
    member bigint,
    by_link boolean DEFAULT false,
    valid_for interval DEFAULT '7 days'
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN clearance.put_invitation(clearance.hold_invited(member), by_link, valid_for);
END
$$;
COMMENT ON FUNCTION clearance.resend_invitation(bigint, boolean, interval) IS
'invites an invited member anew: the former token is void, the new one is returned this once';

CREATE FUNCTION clearance.withdraw_invitation(member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.hold_invited(member);
BEGIN
    DELETE FROM clearance.member t WHERE t.id = m.id;
END
$$;
COMMENT ON FUNCTION clearance.withdraw_invitation(bigint) IS
'ends an invitation: the token is void, the invited member is forgotten, its licence free';

CREATE FUNCTION clearance.accept_invitation(token text, key clearance.app_key, name text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    i clearance.invitation;
    m clearance.member;
    a clearance.account;
    company text;
    company_active boolean;
BEGIN
    PERFORM clearance.require_given('token', token);
    PERFORM clearance.require_given('key', key::text);
    SELECT t.* INTO i FROM clearance.invitation t WHERE t.token_hash = clearance.hash_token(token);
    -- the company first, as everywhere; then the member, as who sends anew or withdraws
    PERFORM clearance.hold_partner(t.partner_id) FROM clearance.member t WHERE t.id = i.member_id;
    SELECT t.* INTO m FROM clearance.member t WHERE t.id = i.member_id FOR UPDATE;
    IF NOT EXISTS (SELECT FROM clearance.invitation t WHERE t.token_hash = clearance.hash_token(token)) THEN
        RAISE undefined_object USING
            MESSAGE = 'no open invitation has this token',
            DETAIL = 'It was accepted or withdrawn, was sent anew with another token, or never existed.',
            HINT = 'clearance.resend_invitation() makes a new token.';
    ELSIF i.expires_at <= now() THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('the invitation of "%s" expired', clearance.member_label(m)),
            HINT = 'clearance.resend_invitation() makes a new token.';
    ELSIF m.status <> 'invited' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" is %s', clearance.member_label(m), m.status),
            HINT = 'clearance.enable_member() makes it an invited one again.';
    END IF;
    name := nullif(name, '');
    PERFORM clearance.require_identity(m.account_id, m.id, key::text, NULL, name);
    UPDATE clearance.member t SET status = 'active', key = accept_invitation.key::text, name = coalesce(accept_invitation.name, t.name)
    WHERE t.id = m.id RETURNING t.* INTO m;
    PERFORM clearance.check_licences(m.partner_id);
    PERFORM FROM clearance.customer c WHERE c.id = m.customer_id FOR SHARE;
    SELECT c.name, c.active INTO company, company_active
    FROM (SELECT p.name, p.active FROM clearance.partner p WHERE p.id = m.partner_id
          UNION ALL
          SELECT x.name, x.active FROM clearance.customer x WHERE x.id = m.customer_id) c;
    IF NOT company_active THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('%s "%s" is disabled', m.kind, company),
            HINT = format('Call clearance.enable_%s() first.', m.kind);
    END IF;
    DELETE FROM clearance.invitation t WHERE t.member_id = m.id;
    SELECT t.* INTO a FROM clearance.account t WHERE t.id = m.account_id;
    IF a.published AND m.email IS NOT NULL THEN
        PERFORM clearance.queue_mail(a.id, 'welcome', m.email,
            jsonb_build_object('name', m.name, 'account', a.name, 'company', company));
    END IF;
    RETURN m.id;
END
$$;
REVOKE ALL ON FUNCTION clearance.accept_invitation(text, clearance.app_key, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.accept_invitation(text, clearance.app_key, text) IS
'makes the invited member whose token this is active, under the application''s user id; works once. For trusted roles, which know who logged in: see trust_role()';

CREATE VIEW clearance.invitations WITH (security_barrier) AS
    SELECT i.member_id, m.account_id, m.email, m.name, m.kind,
        m.partner_id, m.customer_id, coalesce(p.name, c.name) AS company,
        ARRAY(SELECT r.name FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
              WHERE mr.member_id = m.id ORDER BY r.name) AS roles,
        m.partner_admin, i.invited_by, i.sent_at, i.expires_at, i.expires_at <= statement_timestamp() AS expired
    FROM clearance.invitation i
    JOIN clearance.member m ON m.id = i.member_id
    LEFT JOIN clearance.partner p ON p.id = m.partner_id
    LEFT JOIN clearance.customer c ON c.id = m.customer_id
    WHERE (SELECT clearance.is_operator())
       OR m.account_id = (SELECT s.account FROM clearance.standing() s WHERE s.kind = 'vendor')
       OR m.partner_id = (SELECT s.partner FROM clearance.standing() s)
    OFFSET 0;
GRANT SELECT ON clearance.invitations TO PUBLIC;
COMMENT ON VIEW clearance.invitations IS
'open invitations: to operators all, to the vendor''s team those of its account, to a partner''s members those of their company';
COMMENT ON COLUMN clearance.invitations.member_id IS 'the invited member';
COMMENT ON COLUMN clearance.invitations.account_id IS 'the account';
COMMENT ON COLUMN clearance.invitations.email IS 'e-mail address';
COMMENT ON COLUMN clearance.invitations.name IS 'name';
COMMENT ON COLUMN clearance.invitations.kind IS 'vendor, partner or customer';
COMMENT ON COLUMN clearance.invitations.partner_id IS 'the partner';
COMMENT ON COLUMN clearance.invitations.customer_id IS 'the customer';
COMMENT ON COLUMN clearance.invitations.company IS 'name of the partner or customer';
COMMENT ON COLUMN clearance.invitations.roles IS 'roles it will hold';
COMMENT ON COLUMN clearance.invitations.partner_admin IS 'it will be an admin of the partner';
COMMENT ON COLUMN clearance.invitations.invited_by IS 'who invited; NULL: an operator';
COMMENT ON COLUMN clearance.invitations.sent_at IS 'when it was sent, last';
COMMENT ON COLUMN clearance.invitations.expires_at IS 'first moment at which it cannot be accepted any more';
COMMENT ON COLUMN clearance.invitations.expired IS 'it cannot be accepted any more';
-- ---------------------------------------------------------------------------
-- Projects
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.create_project(
    project clearance.app_key,
    account bigint DEFAULT NULL,
    owner bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance.default_account(account);
    p clearance.project;
BEGIN
    PERFORM clearance.require_right('project.create', of_account);
    IF owner <> clearance.actor() THEN
        PERFORM clearance.require_right('project.change_owner', of_account);
    END IF;
    PERFORM clearance.require_given('project', project::text), clearance.require_line('project', project::text);
    INSERT INTO clearance.project AS t (account_id, key, has_row)
    VALUES (of_account, project::text, clearance.project_has_row(project::text))
    ON CONFLICT DO NOTHING
    RETURNING t.* INTO p;
    IF p.id IS NULL THEN
        RAISE unique_violation USING
            MESSAGE = format('project key "%s" is taken', project),
            HINT = 'A project key belongs to one account of the database.';
    END IF;
    owner := coalesce(owner, clearance.actor());
    IF owner IS NOT NULL THEN
        PERFORM clearance.put_membership(p, clearance.require_member(owner), owner => true);
    END IF;
    RETURN p.id;
END
$$;
COMMENT ON FUNCTION clearance.create_project(clearance.app_key, bigint, bigint) IS
'registers a project of the application; owner: a member of the vendor''s team, by default the actor';

CREATE FUNCTION clearance.set_project(
    project clearance.app_key,
    clearance.by_name DEFAULT 'by name',
    archived boolean DEFAULT NULL,
    portal boolean DEFAULT NULL,
    client_upload boolean DEFAULT NULL,
    by_phase boolean DEFAULT NULL,
    open_level text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account bigint := (clearance.require_project(project)).account_id;
    level integer := clearance.changed_level(NULL, open_level, NULL);
BEGIN
    IF archived IS NOT NULL THEN
        PERFORM clearance.require_right(CASE WHEN archived THEN 'project.delete' ELSE 'project.unarchive' END, account, project);
    END IF;
    IF portal IS NOT NULL OR client_upload IS NOT NULL THEN
        PERFORM clearance.require_right('change_customer_portal.change_from_project_settings', account, project);
    END IF;
    IF by_phase IS NOT NULL OR open_level IS NOT NULL THEN
        PERFORM clearance.require_right('project.set_visibility', account, project);
    END IF;
    IF EXISTS (SELECT FROM clearance.level l WHERE l.id = level AND l.audience = 'vendor') THEN
        PERFORM clearance.require_may_give(level, account);
    END IF;
    UPDATE clearance.project p SET
        archived = coalesce(set_project.archived, p.archived),
        portal = coalesce(set_project.portal, p.portal),
        client_upload = coalesce(set_project.client_upload, p.client_upload),
        by_phase = coalesce(set_project.by_phase, p.by_phase),
        open_level_id = CASE WHEN open_level IS NULL THEN p.open_level_id ELSE level END
    WHERE p.key = set_project.project::text;
END
$$;
COMMENT ON FUNCTION clearance.set_project(clearance.app_key, clearance.by_name, boolean, boolean, boolean, boolean, text) IS
'changes a project; NULL leaves a property as it is; open_level opens it to the level''s audience, an empty one closes it';

CREATE FUNCTION clearance.set_project_feature(project clearance.app_key, feature text, enabled boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
BEGIN
    PERFORM clearance.require_right('project.manage_tab_visibility', p.account_id, project);
    PERFORM clearance.require_feature(feature);
    PERFORM clearance.require_given('enabled', enabled::text);
    IF enabled THEN
        DELETE FROM clearance.project_feature_off o
        WHERE o.project_id = p.id AND o.feature = set_project_feature.feature;
    ELSE
        INSERT INTO clearance.project_feature_off VALUES (p.id, feature) ON CONFLICT DO NOTHING;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.set_project_feature(clearance.app_key, text, boolean) IS
'switches a feature of a project on or off; off, it has no rows there';

CREATE FUNCTION clearance.add_partner_to_project(
    project clearance.app_key,
    partner bigint,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    company clearance.partner := clearance.require_partner(partner);
BEGIN
    PERFORM clearance.require_right('project.add_partners', p.account_id, project);
    PERFORM clearance.require_same_account(format('partner "%s"', company.name), company.account_id, p.account_id);
    IF (clearance.require_account(p.account_id)).ready_participants
        AND NOT EXISTS (SELECT FROM clearance.member m WHERE m.partner_id = company.id AND m.status <> 'disabled') THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('partner "%s" has no members', company.name),
            DETAIL = 'In this account partners join projects with their people.',
            HINT = 'Invite somebody with clearance.invite_partner_member() first.';
    END IF;
    PERFORM clearance.require_period(starts_at, ends_at);
    INSERT INTO clearance.project_partner
    VALUES (p.account_id, p.id, company.id, clearance.changed_level(NULL, access_level, 'partner'),
            coalesce(starts_at, '-infinity'), coalesce(ends_at, 'infinity'))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE duplicate_object USING
            MESSAGE = format('partner "%s" is already on project "%s"', company.name, project),
            HINT = 'To start afresh call clearance.remove_partner_from_project() first; it ends its members'' memberships too.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.add_partner_to_project(clearance.app_key, bigint, text, clearance.by_name, timestamptz, timestamptz) IS
'puts a partner on a project, from starts_at (inclusive) to ends_at (exclusive); refused if it is on it already';

CREATE FUNCTION clearance.update_partner_on_project(
    project clearance.app_key,
    partner bigint,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    company clearance.partner := clearance.require_partner(partner);
    said clearance.project_partner;
BEGIN
    PERFORM clearance.require_right('project.add_partners', p.account_id, project);
    SELECT t.* INTO said FROM clearance.project_partner t WHERE t.project_id = p.id AND t.partner_id = company.id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('partner "%s" is not on project "%s"', company.name, project),
            HINT = 'Table clearance.project_partner lists the partners of each project.';
    END IF;
    PERFORM clearance.require_period(coalesce(starts_at, said.starts_at), coalesce(ends_at, said.ends_at));
    UPDATE clearance.project_partner t SET
        level_id = clearance.changed_level(t.level_id, access_level, 'partner'),
        starts_at = coalesce(update_partner_on_project.starts_at, t.starts_at),
        ends_at = coalesce(update_partner_on_project.ends_at, t.ends_at)
    WHERE t.project_id = p.id AND t.partner_id = company.id;
END
$$;
COMMENT ON FUNCTION clearance.update_partner_on_project(clearance.app_key, bigint, text, clearance.by_name, timestamptz, timestamptz) IS
'changes with which level and when a partner takes part in a project; NULL leaves it as it is, an empty access_level takes the level away';

-- The company's row goes first: whoever adds a member holds it (see
-- hold_company_on), so that no membership slips in behind. What was said before
-- the company came has no foreign key to it, and goes by name.
CREATE FUNCTION clearance.remove_partner_from_project(project clearance.app_key, partner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    company clearance.partner := clearance.require_partner(partner);
BEGIN
    PERFORM clearance.require_right('project.add_partners', p.account_id, project);
    DELETE FROM clearance.project_partner pp WHERE pp.project_id = p.id AND pp.partner_id = company.id;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('partner "%s" is not on project "%s"', company.name, project),
            HINT = 'Table clearance.project_partner lists the partners of each project.';
    END IF;
    DELETE FROM clearance.project_member pm USING clearance.member m
    WHERE pm.project_id = p.id AND m.id = pm.member_id AND m.partner_id = company.id;
END
$$;
COMMENT ON FUNCTION clearance.remove_partner_from_project(clearance.app_key, bigint) IS
'takes a partner off a project and ends its members'' memberships there; adding it again starts afresh';

CREATE FUNCTION clearance.add_customer_to_project(
    project clearance.app_key,
    customer bigint,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    company clearance.customer := clearance.require_customer(customer);
BEGIN
    PERFORM clearance.require_right('project.edit_customer_domains', p.account_id, project);
    PERFORM clearance.require_same_account(format('customer "%s"', company.name), company.account_id, p.account_id);
    PERFORM clearance.require_period(starts_at, ends_at);
    INSERT INTO clearance.project_customer
    VALUES (p.account_id, p.id, company.id, coalesce(starts_at, '-infinity'), coalesce(ends_at, 'infinity'))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE duplicate_object USING
            MESSAGE = format('customer "%s" is already on project "%s"', company.name, project),
            HINT = 'To start afresh call clearance.remove_customer_from_project() first; it ends its contacts'' memberships too.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.add_customer_to_project(clearance.app_key, bigint, clearance.by_name, timestamptz, timestamptz) IS
'puts a customer on a project, from starts_at (inclusive) to ends_at (exclusive); refused if it is on it already';

CREATE FUNCTION clearance.update_customer_on_project(
    project clearance.app_key,
    customer bigint,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    company clearance.customer := clearance.require_customer(customer);
    said clearance.project_customer;
BEGIN
    PERFORM clearance.require_right('project.edit_customer_domains', p.account_id, project);
    SELECT t.* INTO said FROM clearance.project_customer t WHERE t.project_id = p.id AND t.customer_id = company.id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('customer "%s" is not on project "%s"', company.name, project),
            HINT = 'Table clearance.project_customer lists the customers of each project.';
    END IF;
    PERFORM clearance.require_period(coalesce(starts_at, said.starts_at), coalesce(ends_at, said.ends_at));
    UPDATE clearance.project_customer t SET
        starts_at = coalesce(update_customer_on_project.starts_at, t.starts_at),
        ends_at = coalesce(update_customer_on_project.ends_at, t.ends_at)
    WHERE t.project_id = p.id AND t.customer_id = company.id;
END
$$;
COMMENT ON FUNCTION clearance.update_customer_on_project(clearance.app_key, bigint, clearance.by_name, timestamptz, timestamptz) IS
'changes when a customer takes part in a project; NULL leaves it as it is';

CREATE FUNCTION clearance.remove_customer_from_project(project clearance.app_key, customer bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    company clearance.customer := clearance.require_customer(customer);
BEGIN
    PERFORM clearance.require_right('project.edit_customer_domains', p.account_id, project);
    DELETE FROM clearance.project_customer pc WHERE pc.project_id = p.id AND pc.customer_id = company.id;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('customer "%s" is not on project "%s"', company.name, project),
            HINT = 'Table clearance.project_customer lists the customers of each project.';
    END IF;
    DELETE FROM clearance.project_member pm USING clearance.member m
    WHERE pm.project_id = p.id AND m.id = pm.member_id AND m.customer_id = company.id;
END
$$;
COMMENT ON FUNCTION clearance.remove_customer_from_project(clearance.app_key, bigint) IS
'takes a customer off a project and ends its contacts'' memberships there';
-- ---------------------------------------------------------------------------
-- Members on projects. Several sources may say a membership: direct, a phase,
-- a mirrored table. Whoever may invite to a project may take off it as well.
-- ---------------------------------------------------------------------------

-- Whoever takes the company off the project waits; others who add its people do
-- not. Its memberships then go by their foreign key, which also sees those that
-- the snapshot of a REPEATABLE READ transaction does not.
CREATE FUNCTION clearance.hold_company_on(p clearance.project, m clearance.member) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.kind = 'partner' THEN
        PERFORM FROM clearance.project_partner pp WHERE pp.project_id = p.id AND pp.partner_id = m.partner_id FOR KEY SHARE;
    ELSIF m.kind = 'customer' THEN
        PERFORM FROM clearance.project_customer pc WHERE pc.project_id = p.id AND pc.customer_id = m.customer_id FOR KEY SHARE;
    END IF;
    RETURN m.kind = 'vendor' OR FOUND;
END
$$;
REVOKE ALL ON FUNCTION clearance.hold_company_on(clearance.project, clearance.member) FROM PUBLIC;
COMMENT ON FUNCTION clearance.hold_company_on(clearance.project, clearance.member) IS
'internal: whether a member''s company is on the project; keeps it there until commit';

CREATE FUNCTION clearance.require_company_on(p clearance.project, m clearance.member) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance.hold_company_on(p, m) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('the %s of member "%s" is not on project "%s"', m.kind, clearance.member_label(m), p.key),
            HINT = format('Call clearance.add_%s_to_project() first.', m.kind);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_company_on(clearance.project, clearance.member) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_company_on(clearance.project, clearance.member) IS
'internal: refuses an outsider whose company is not on the project, and keeps the company there until commit';

CREATE FUNCTION clearance.require_ready(m clearance.member) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing text;
BEGIN
    IF m.kind <> 'partner' OR NOT (SELECT a.ready_participants FROM clearance.account a WHERE a.id = m.account_id) THEN
        RETURN;
    END IF;
    SELECT CASE WHEN m.status <> 'active' THEN 'is ' || m.status
                WHEN m.key IS NULL THEN 'has no user id'
                WHEN m.email IS NULL THEN 'has no e-mail address'
                WHEN r.member_id IS NULL THEN 'is no resource'
                WHEN NOT r.schedulable THEN 'is not schedulable'
                WHEN NOT EXISTS (SELECT FROM clearance.member_role mr WHERE mr.member_id = m.id) THEN 'has no role' END
    INTO missing
    FROM (SELECT) one LEFT JOIN clearance.resource r ON r.member_id = m.id;
    IF missing IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" %s', clearance.member_label(m), missing),
            DETAIL = 'In this account partner members join projects as active users with e-mail address and role who are schedulable resources.',
            HINT = CASE WHEN m.key IS NULL OR m.email IS NULL THEN 'Who accepts an invitation has both; superusers can complete others in table clearance.member.'
                        ELSE 'See clearance.set_resource() and clearance.set_member_roles().' END;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_ready(clearance.member) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_ready(clearance.member) IS
'internal: refuses a partner''s member who is not ready to take part, where the account asks for that';

CREATE FUNCTION clearance.put_membership(
    p clearance.project,
    m clearance.member,
    access_level text DEFAULT NULL,
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL,
    owner boolean DEFAULT false,
    source text DEFAULT 'direct',
    through_phase boolean DEFAULT false,
    replaces boolean DEFAULT true
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    label text := clearance.member_label(m);
BEGIN
    PERFORM clearance.require_same_account(format('member "%s"', label), m.account_id, p.account_id);
    IF owner AND m.kind <> 'vendor' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" cannot own project "%s"', label, p.key),
            HINT = 'Projects are owned by members of the vendor''s team.';
    END IF;
    PERFORM clearance.require_company_on(p, m);
    PERFORM clearance.require_ready(m);
    PERFORM clearance.require_period(starts_at, ends_at);
    INSERT INTO clearance.project_member
        (account_id, project_id, member_id, source, through_phase, is_owner, level_id, starts_at, ends_at, partner_id, customer_id)
    VALUES (p.account_id, p.id, m.id, put_membership.source, put_membership.through_phase, owner,
            clearance.changed_level(NULL, access_level, m.kind),
            coalesce(put_membership.starts_at, '-infinity'), coalesce(put_membership.ends_at, 'infinity'), m.partner_id, m.customer_id)
    ON CONFLICT ON CONSTRAINT membership_is_said_once_by_a_source DO UPDATE SET
        through_phase = EXCLUDED.through_phase, is_owner = EXCLUDED.is_owner, level_id = EXCLUDED.level_id,
        starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, partner_id = EXCLUDED.partner_id, customer_id = EXCLUDED.customer_id
    WHERE replaces;
    IF NOT FOUND THEN
        RAISE serialization_failure USING
            MESSAGE = format('member "%s" was added to project "%s" at the same time', label, p.key),
            HINT = 'Try again.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.put_membership(clearance.project, clearance.member, text, timestamptz, timestamptz, boolean, text, boolean, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.put_membership(clearance.project, clearance.member, text, timestamptz, timestamptz, boolean, text, boolean, boolean) IS
'internal: writes what one source says about a membership; replaces: what it said before was judged, and may go';

-- ---------------------------------------------------------------------------
-- Who may
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.require_participant_right(p clearance.project, m clearance.member, partner_action text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_right(CASE m.kind WHEN 'vendor' THEN 'project.invite_team_members'
                                                WHEN 'customer' THEN 'project.invite_customer_team_members'
                                                ELSE partner_action END, p.account_id, p.key);
    IF EXISTS (SELECT FROM clearance.standing() s WHERE s.kind = 'partner' AND s.partner IS DISTINCT FROM m.partner_id) THEN
        PERFORM clearance.raise_refusal('manages its own team only', 'The other one is of another company.', 'Ask the vendor.');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_participant_right(clearance.project, clearance.member, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_participant_right(clearance.project, clearance.member, text) IS
'internal: refuses those who cannot invite this member to the project, or take it off';

-- What a membership permits is the vendor's to say: a partner, who invites its
-- own team, can neither set it nor shed it by ending the membership.
CREATE FUNCTION clearance.require_terms_right(p clearance.project, said clearance.project_member, level integer, owner boolean, plain boolean) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM clearance.standing() s WHERE s.kind <> 'vendor')
        AND NOT (plain AND said.level_id IS NULL AND said.through_phase IS NOT TRUE
                 AND coalesce(said.source, 'direct') = 'direct'
                 AND coalesce(said.starts_at, '-infinity') = '-infinity' AND coalesce(said.ends_at, 'infinity') = 'infinity') THEN
        PERFORM clearance.raise_refusal('cannot set the terms of a membership',
            'Level, time, phase and source are the vendor''s to say, also where it has said them before.', 'Ask the vendor.');
    END IF;
    IF level IS DISTINCT FROM said.level_id THEN
        PERFORM clearance.require_right('project.associate_permissions_to_team_member', p.account_id, p.key);
        PERFORM clearance.require_may_give(l.id, p.account_id)
        FROM clearance.level l WHERE l.id = level AND l.audience = 'vendor';
    END IF;
    IF owner <> coalesce(said.is_owner, false) THEN
        PERFORM clearance.require_right('project.change_owner', p.account_id, p.key);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_terms_right(clearance.project, clearance.project_member, integer, boolean, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_terms_right(clearance.project, clearance.project_member, integer, boolean, boolean) IS
'internal: refuses those who cannot change what a source said of a membership into this level and ownership; plain: nothing else is set';

-- ---------------------------------------------------------------------------
-- What they do
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.add_member_to_project(
    project clearance.app_key,
    member bigint,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL,
    owner boolean DEFAULT false,
    source text DEFAULT 'direct',
    through_phase boolean DEFAULT false
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    m clearance.member := clearance.require_member(member, project);
    said clearance.project_member;
BEGIN
    PERFORM clearance.require_participant_right(p, m, 'partner_team_member.invite');
    PERFORM clearance.require_given('source', source), clearance.require_line('source', source),
            clearance.require_given('owner', owner::text), clearance.require_given('through_phase', through_phase::text);
    PERFORM clearance.require_same_account(format('member "%s"', clearance.member_label(m)), m.account_id, p.account_id);
    PERFORM clearance.hold_company_on(p, m);
    SELECT pm.* INTO said FROM clearance.project_member pm
    WHERE pm.project_id = p.id AND pm.member_id = m.id
    ORDER BY (pm.source = add_member_to_project.source) DESC LIMIT 1
    FOR UPDATE;
    IF said.source <> source AND NOT EXISTS (SELECT FROM clearance.standing() s WHERE s.kind <> 'vendor') THEN
        said := NULL;       -- the vendor may add a source to others; a partner only where there is none
    END IF;
    PERFORM clearance.require_terms_right(p, said, clearance.changed_level(NULL, access_level, m.kind), owner,
        plain => num_nonnulls(access_level, starts_at, ends_at) = 0 AND source = 'direct' AND NOT through_phase);
    PERFORM clearance.put_membership(p, m, access_level, starts_at, ends_at, owner, source, through_phase,
        replaces => said.source = source OR clearance.is_operator());
END
$$;
COMMENT ON FUNCTION clearance.add_member_to_project(clearance.app_key, bigint, text, clearance.by_name, timestamptz, timestamptz, boolean, text, boolean) IS
'invites a member to a project, from starts_at (inclusive) to ends_at (exclusive); the same source saying it again replaces what it said, other sources are untouched';

CREATE FUNCTION clearance.raise_not_on_project(p clearance.project, m clearance.member, source text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE undefined_object USING
        MESSAGE = format('member "%s" is not on project "%s"', clearance.member_label(m), p.key)
            || coalesce(' by source "' || source || '"', ''),
        HINT = 'Table clearance.project_member lists the members of each project and the sources that say so.';
END
$$;
REVOKE ALL ON FUNCTION clearance.raise_not_on_project(clearance.project, clearance.member, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.raise_not_on_project(clearance.project, clearance.member, text) IS
'internal: the error about a membership that nobody said';

CREATE FUNCTION clearance.update_member_on_project(
    project clearance.app_key,
    member bigint,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL,
    source text DEFAULT 'direct'
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    m clearance.member := clearance.require_member(member, project);
    said clearance.project_member;
    level integer;
BEGIN
    PERFORM clearance.require_participant_right(p, m, 'partner_team_member.invite');
    SELECT pm.* INTO said FROM clearance.project_member pm
    WHERE pm.project_id = p.id AND pm.member_id = m.id AND pm.source = update_member_on_project.source
    FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM clearance.raise_not_on_project(p, m, source);
    END IF;
    level := clearance.changed_level(said.level_id, access_level, m.kind);
    PERFORM clearance.require_period(coalesce(starts_at, said.starts_at), coalesce(ends_at, said.ends_at));
    PERFORM clearance.require_terms_right(p, said, level, said.is_owner, plain => false);
    UPDATE clearance.project_member pm SET
        level_id = level,
        starts_at = coalesce(update_member_on_project.starts_at, pm.starts_at),
        ends_at = coalesce(update_member_on_project.ends_at, pm.ends_at)
    WHERE pm.project_id = p.id AND pm.member_id = m.id AND pm.source = update_member_on_project.source;
END
$$;
COMMENT ON FUNCTION clearance.update_member_on_project(clearance.app_key, bigint, text, clearance.by_name, timestamptz, timestamptz, text) IS
'changes with which level and when a member takes part in a project, by one source; NULL leaves it as it is, an empty access_level takes the level away';

CREATE FUNCTION clearance.remove_member_from_project(
    project clearance.app_key,
    member bigint,
    source text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    m clearance.member := clearance.require_member(member, project);
    said clearance.project_member;
BEGIN
    PERFORM clearance.require_participant_right(p, m, 'partner_team_member.remove');
    FOR said IN
        DELETE FROM clearance.project_member pm
        WHERE pm.project_id = p.id AND pm.member_id = m.id
          AND pm.source = coalesce(remove_member_from_project.source, pm.source)
        RETURNING pm.*
    LOOP
        PERFORM clearance.require_terms_right(p, said, NULL, false, plain => true);
    END LOOP;
    IF NOT FOUND THEN
        PERFORM clearance.raise_not_on_project(p, m, source);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.remove_member_from_project(clearance.app_key, bigint, text) IS
'ends what one source says about a membership, or, without a source, the whole membership';

CREATE FUNCTION clearance.transfer_project(project clearance.app_key, owner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    m clearance.member;
    level text;
BEGIN
    PERFORM clearance.require_given('owner', owner::text);
    m := clearance.require_member(owner, project);
    PERFORM clearance.require_right('project.change_owner', p.account_id, project);
    -- two transfers wait for each other: one owner remains
    UPDATE clearance.project t SET archived = t.archived WHERE t.id = p.id;
    SELECT l.name INTO level FROM clearance.project_member pm JOIN clearance.level l ON l.id = pm.level_id
    WHERE pm.project_id = p.id AND pm.member_id = m.id AND pm.source = 'direct';
    UPDATE clearance.project_member pm SET is_owner = false WHERE pm.project_id = p.id AND pm.is_owner;
    PERFORM clearance.put_membership(p, m, level, owner => true);
END
$$;
COMMENT ON FUNCTION clearance.transfer_project(clearance.app_key, bigint) IS
'makes a member of the vendor''s team the owner of a project; former owners stay members';

-- ---------------------------------------------------------------------------
-- Phases
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.add_participant(
    project clearance.app_key,
    phase text,
    member bigint,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
BEGIN
    PERFORM clearance.require_right('project.invite_team_members', p.account_id, project);
    PERFORM clearance.require_given('phase', phase), clearance.require_line('phase', phase);
    PERFORM clearance.add_member_to_project(project, member, access_level, starts_at => starts_at, ends_at => ends_at,
        source => 'phase:' || phase, through_phase => true);
END
$$;
COMMENT ON FUNCTION clearance.add_participant(clearance.app_key, text, bigint, text, clearance.by_name, timestamptz, timestamptz) IS
'has a member take part in a phase of a project, named by the application''s key of it; saying it again replaces level and time';

CREATE FUNCTION clearance.remove_participant(project clearance.app_key, phase text, member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
BEGIN
    PERFORM clearance.require_right('project.invite_team_members', p.account_id, project);
    PERFORM clearance.require_given('phase', phase);
    PERFORM clearance.remove_member_from_project(project, member, 'phase:' || phase);
END
$$;
COMMENT ON FUNCTION clearance.remove_participant(clearance.app_key, text, bigint) IS
'ends a member''s part in a phase; what other phases and sources say stays';
-- ---------------------------------------------------------------------------
-- The team of a project, as each side sees it
-- ---------------------------------------------------------------------------

-- Everybody who takes part now: vendor members by a membership, partner members
-- by one or as admins, contacts by their company.
CREATE FUNCTION clearance.team_of(p clearance.project) RETURNS TABLE (member clearance.member, is_owner boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m, coalesce(own.is_owner, false)
    FROM clearance.member m
    LEFT JOIN (SELECT pm.member_id, bool_or(pm.is_owner) AS is_owner, bool_or(pm.through_phase) AS through_phase
               FROM clearance.project_member pm
               WHERE pm.project_id = p.id AND clearance.in_force(pm.starts_at, pm.ends_at, statement_timestamp())
               GROUP BY pm.member_id) own ON own.member_id = m.id
    WHERE m.account_id = p.account_id AND m.status = 'active'
      AND CASE m.kind
          WHEN 'vendor' THEN own.member_id IS NOT NULL
          WHEN 'partner' THEN CASE WHEN p.by_phase THEN coalesce(own.through_phase, false)
                                   ELSE m.partner_admin OR own.member_id IS NOT NULL END
              AND EXISTS (SELECT FROM clearance.project_partner pp JOIN clearance.partner c ON c.id = pp.partner_id AND c.active
                          WHERE pp.project_id = p.id AND pp.partner_id = m.partner_id
                            AND clearance.in_force(pp.starts_at, pp.ends_at, statement_timestamp()))
          ELSE p.portal
              AND EXISTS (SELECT FROM clearance.project_customer pc JOIN clearance.customer c ON c.id = pc.customer_id AND c.active
                          WHERE pc.project_id = p.id AND pc.customer_id = m.customer_id
                            AND clearance.in_force(pc.starts_at, pc.ends_at, statement_timestamp())) END
$$;
REVOKE ALL ON FUNCTION clearance.team_of(clearance.project) FROM PUBLIC;
COMMENT ON FUNCTION clearance.team_of(clearance.project) IS 'internal: who takes part in a project now';

-- The vendor sees companies as they are. A partner's people appear under their
-- own name to themselves and, if the partner is strategic, to customers; to
-- everybody else as the vendor's. Contacts do not see other customers' contacts.
CREATE FUNCTION clearance.project_team(project clearance.app_key)
RETURNS TABLE (member bigint, key text, name text, side text, company text, website text, logo bytea, logo_type text,
               is_owner boolean, roles text[], email text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project;
    viewer record;
BEGIN
    SELECT t.* INTO p FROM clearance.project t WHERE t.key = project::text;
    IF p.id IS NULL OR NOT clearance.has_right('project.view', p.account_id, project) THEN
        RETURN;
    END IF;
    SELECT * INTO viewer FROM clearance.standing();
    RETURN QUERY
    SELECT t.id, t.key, t.name, CASE WHEN t.named THEN t.kind ELSE 'vendor' END,
        CASE WHEN NOT t.named THEN a.name ELSE coalesce(c.name, x.name, a.name) END,
        CASE WHEN t.named THEN c.website END, g.image, g.media_type, t.is_owner,
        CASE WHEN t.close THEN ARRAY(SELECT r.name FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
                                     WHERE mr.member_id = t.id ORDER BY r.name) END,
        CASE WHEN t.close THEN t.email END
    FROM (SELECT (f.member).*, f.is_owner,
              CASE WHEN viewer.kind = 'partner' THEN (f.member).partner_id IS NULL OR (f.member).partner_id = viewer.partner
                   WHEN viewer.kind = 'customer' THEN (f.member).partner_id IS NULL
                       OR (SELECT s.strategic FROM clearance.partner s WHERE s.id = (f.member).partner_id)
                   ELSE true END AS named,
              CASE viewer.kind WHEN 'partner' THEN coalesce((f.member).partner_id = viewer.partner, false)
                               WHEN 'customer' THEN coalesce((f.member).customer_id = viewer.customer, false)
                               ELSE true END AS close
          FROM clearance.team_of(p) f) t
    JOIN clearance.account a ON a.id = t.account_id
    LEFT JOIN clearance.partner c ON c.id = t.partner_id
    LEFT JOIN clearance.partner_logo g ON g.partner_id = t.partner_id AND t.named
    LEFT JOIN clearance.customer x ON x.id = t.customer_id
    WHERE CASE viewer.kind
          WHEN 'partner' THEN t.partner_id = viewer.partner
              OR clearance.can(CASE t.kind WHEN 'customer' THEN 'customer_team_member.view' ELSE 'vendor_team_member.view' END, project)
          WHEN 'customer' THEN t.customer_id IS NULL OR t.customer_id = viewer.customer
          ELSE true END
    ORDER BY t.is_owner DESC, 4 DESC, 5, t.name, t.id;
END
$$;
COMMENT ON FUNCTION clearance.project_team(clearance.app_key) IS
'who takes part in a project, as the actor''s side sees it; nothing for those who cannot view the project';
-- ---------------------------------------------------------------------------
-- Resources: people who can be scheduled. The vendor says who is one and who
-- supervises it; skills and availability are its own to say.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.require_resource(m clearance.member) RETURNS clearance.resource
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.resource;
BEGIN
    -- rewritten, so that what depends on its capacity waits, or fails
    UPDATE clearance.resource t SET weekly_hours = t.weekly_hours WHERE t.member_id = m.id RETURNING t.* INTO r;
    IF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" is no resource', clearance.member_label(m)),
            HINT = 'Call clearance.set_resource() first.';
    END IF;
    RETURN r;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_resource(clearance.member) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_resource(clearance.member) IS 'internal: a member''s resource, held until commit, or an error';

CREATE FUNCTION clearance.set_resource(member bigint, supervisor bigint, schedulable boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.require_member(member);
    boss clearance.member;
BEGIN
    PERFORM clearance.require_right('settings.manage_team_members', m.account_id);
    PERFORM clearance.require_given('supervisor', supervisor::text), clearance.require_given('schedulable', schedulable::text);
    boss := clearance.require_member(supervisor);
    PERFORM clearance.require_same_account(format('member "%s"', clearance.member_label(boss)), boss.account_id, m.account_id);
    IF m.kind = 'customer' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('contact "%s" of a customer cannot be a resource', clearance.member_label(m));
    ELSIF boss.id = m.id OR boss.kind = 'customer' OR (boss.kind = 'partner' AND boss.partner_id IS DISTINCT FROM m.partner_id) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" cannot supervise member "%s"', clearance.member_label(boss), clearance.member_label(m)),
            HINT = 'Supervisors are other members of the vendor''s team or of the same company.';
    END IF;
    INSERT INTO clearance.resource AS r (account_id, member_id, supervisor_id, schedulable)
    VALUES (m.account_id, m.id, boss.id, set_resource.schedulable)
    ON CONFLICT ON CONSTRAINT resource_is_one_member DO UPDATE SET
        supervisor_id = EXCLUDED.supervisor_id, schedulable = EXCLUDED.schedulable;
END
$$;
COMMENT ON FUNCTION clearance.set_resource(bigint, bigint, boolean) IS
'makes a member of the vendor''s or a partner''s team a resource with this supervisor, or changes that; its profile stays';

CREATE FUNCTION clearance.update_profile(
    skills text[] DEFAULT NULL,
    weekly_hours numeric DEFAULT NULL,
    available_from date DEFAULT NULL,
    available_until date DEFAULT NULL,
    member bigint DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member;
    own clearance.resource;
BEGIN
    PERFORM clearance.require_actor();
    IF member IS NULL AND clearance.actor() IS NULL THEN
        PERFORM clearance.require_given('member', NULL);
    END IF;
    m := clearance.require_member(coalesce(member, clearance.actor()));
    IF NOT EXISTS (SELECT FROM clearance.standing() s WHERE s.member = m.id) THEN
        PERFORM clearance.require_right('skill.edit_values', m.account_id);
    END IF;
    own := clearance.require_resource(m);
    IF NOT weekly_hours BETWEEN 0 AND 168 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('weekly_hours is %s', weekly_hours),
            HINT = 'A week has 168 hours.';
    ELSIF coalesce(available_from, own.available_from) > coalesce(available_until, own.available_until) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('available_until %s is before available_from %s', coalesce(available_until, own.available_until),
                             coalesce(available_from, own.available_from)),
            HINT = 'NULL leaves a day as it is; ''-infinity'' and ''infinity'' stand for none.';
    ELSIF EXISTS (SELECT FROM unnest(skills) s WHERE coalesce(s, '') = '') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'a skill is blank';
    END IF;
    UPDATE clearance.resource r SET
        skills = coalesce(update_profile.skills, r.skills),
        weekly_hours = coalesce(update_profile.weekly_hours, r.weekly_hours),
        available_from = coalesce(update_profile.available_from, r.available_from),
        available_until = coalesce(update_profile.available_until, r.available_until)
    WHERE r.member_id = own.member_id;
END
$$;
COMMENT ON FUNCTION clearance.update_profile(text[], numeric, date, date, bigint) IS
'changes the actor''s own profile, or another''s for those who may edit skills in the account; NULL leaves a property as it is';

CREATE FUNCTION clearance.supervises(member_key clearance.app_key) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM clearance.standing() s
                   JOIN clearance.resource r ON r.supervisor_id = s.member
                   JOIN clearance.member m ON m.id = r.member_id
                   WHERE m.key = member_key::text)
$$;
COMMENT ON FUNCTION clearance.supervises(clearance.app_key) IS
'whether the actor supervises the member with this key: it is who approves its timesheets';

CREATE FUNCTION clearance.may_track_time() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT s.kind = 'vendor'
                         OR EXISTS (SELECT FROM clearance.partner p WHERE p.id = s.partner AND p.can_track_time)
                     FROM clearance.standing() s), false)
$$;
COMMENT ON FUNCTION clearance.may_track_time() IS
'whether the actor may track time, take time off and use holiday calendars: the vendor''s team, and partners that are enabled for it';

-- ---------------------------------------------------------------------------
-- Allocations
-- ---------------------------------------------------------------------------

-- The fullest day is the first of some allocation, or of the new one.
CREATE FUNCTION clearance.allocated_hours(member bigint, starts_on date, ends_on date) RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH a AS (
        SELECT t.* FROM clearance.allocation t
        WHERE t.member_id = member AND t.starts_on <= allocated_hours.ends_on AND t.ends_on >= allocated_hours.starts_on
    )
    SELECT coalesce(max(d.hours), 0)
    FROM (SELECT (SELECT sum(a.weekly_hours) FROM a WHERE a.starts_on <= day.day AND a.ends_on >= day.day) AS hours
          FROM (SELECT allocated_hours.starts_on AS day
                UNION
                SELECT a.starts_on FROM a WHERE a.starts_on > allocated_hours.starts_on) day) d
$$;
REVOKE ALL ON FUNCTION clearance.allocated_hours(bigint, date, date) FROM PUBLIC;
COMMENT ON FUNCTION clearance.allocated_hours(bigint, date, date) IS
'internal: hours a week for which a resource is allocated on its fullest day of a period';

CREATE FUNCTION clearance.allocate(
    project clearance.app_key,
    member bigint,
    starts_on date,
    ends_on date,
    weekly_hours numeric
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    m clearance.member := clearance.require_member(member, project);
    r clearance.resource;
    taken numeric;
    new_id bigint;
BEGIN
    PERFORM clearance.require_right('resource_management.manage_allocations', p.account_id, project);
    PERFORM clearance.require_given('starts_on', starts_on::text), clearance.require_given('ends_on', ends_on::text),
            clearance.require_given('weekly_hours', weekly_hours::text);
    PERFORM clearance.require_same_account(format('member "%s"', clearance.member_label(m)), m.account_id, p.account_id);
    r := clearance.require_resource(m);
    IF starts_on > ends_on THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('ends_on %s is before starts_on %s', ends_on, starts_on),
            HINT = 'They are the last and the first day.';
    ELSIF NOT weekly_hours BETWEEN 0.01 AND 168 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('weekly_hours is %s', weekly_hours),
            HINT = 'An allocation is of some hours, of 168 at most.';
    END IF;
    IF NOT r.schedulable OR starts_on < r.available_from OR ends_on > r.available_until THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" is not available from %s to %s', clearance.member_label(m), starts_on, ends_on),
            HINT = 'View clearance.resources tells who is schedulable and when.';
    END IF;
    taken := clearance.allocated_hours(m.id, starts_on, ends_on);
    IF taken + weekly_hours > r.weekly_hours THEN
        RAISE configuration_limit_exceeded USING
            MESSAGE = format('member "%s" would be allocated for %s of its %s hours a week',
                             clearance.member_label(m), taken + weekly_hours, r.weekly_hours),
            HINT = 'View clearance.allocations lists its allocations.';
    END IF;
    INSERT INTO clearance.allocation AS a (account_id, project_id, member_id, starts_on, ends_on, weekly_hours)
    VALUES (p.account_id, p.id, m.id, allocate.starts_on, allocate.ends_on, allocate.weekly_hours)
    RETURNING a.id INTO new_id;
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION clearance.allocate(clearance.app_key, bigint, date, date, numeric) IS
'plans a resource for a project, from a day to a day (both inclusive), within its capacity';

CREATE FUNCTION clearance.remove_allocation(allocation bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    planned record;
BEGIN
    PERFORM clearance.require_actor();
    SELECT p.account_id, p.key INTO planned
    FROM clearance.allocation a JOIN clearance.project p ON p.id = a.project_id
    WHERE a.id = allocation AND (a.member_id = clearance.actor()
                                 OR clearance.has_right('resource_management.view_allocations', p.account_id, p.key));
    IF NOT FOUND THEN
        PERFORM clearance.raise_unknown('allocation', 'with id ' || allocation, 'View clearance.allocations');
    END IF;
    PERFORM clearance.require_right('resource_management.manage_allocations', planned.account_id, planned.key);
    DELETE FROM clearance.allocation a WHERE a.id = allocation;
END
$$;
COMMENT ON FUNCTION clearance.remove_allocation(bigint) IS 'ends an allocation';

-- ---------------------------------------------------------------------------
-- What the actor sees of them
-- ---------------------------------------------------------------------------

CREATE VIEW clearance.resources WITH (security_barrier) AS
    SELECT r.member_id, r.account_id, m.key, m.name, m.kind, m.partner_id,
        ARRAY(SELECT t.name FROM clearance.member_role mr JOIN clearance.role t ON t.id = mr.role_id
              WHERE mr.member_id = m.id ORDER BY t.name) AS roles,
        r.supervisor_id, r.schedulable, r.skills, r.weekly_hours, r.available_from, r.available_until
    FROM clearance.resource r
    JOIN clearance.member m ON m.id = r.member_id
    WHERE r.account_id IN (SELECT clearance.accounts_with('skill.view_values'))
       OR (SELECT s.member FROM clearance.standing() s) IN (r.member_id, r.supervisor_id)
       OR m.partner_id = (SELECT s.partner FROM clearance.standing() s)
    OFFSET 0;
GRANT SELECT ON clearance.resources TO PUBLIC;
COMMENT ON VIEW clearance.resources IS
'resources with their profiles: to operators all, to members who may view skills those of the account, to others themselves, whom they supervise and their partner''s';
COMMENT ON COLUMN clearance.resources.member_id IS 'the member';
COMMENT ON COLUMN clearance.resources.account_id IS 'the account';
COMMENT ON COLUMN clearance.resources.key IS 'the application''s user id';
COMMENT ON COLUMN clearance.resources.name IS 'name';
COMMENT ON COLUMN clearance.resources.kind IS 'vendor or partner';
COMMENT ON COLUMN clearance.resources.partner_id IS 'the partner company, if any';
COMMENT ON COLUMN clearance.resources.roles IS 'job roles';
COMMENT ON COLUMN clearance.resources.supervisor_id IS 'who approves its timesheets';
COMMENT ON COLUMN clearance.resources.schedulable IS 'may be scheduled';
COMMENT ON COLUMN clearance.resources.skills IS 'what it can do';
COMMENT ON COLUMN clearance.resources.weekly_hours IS 'capacity';
COMMENT ON COLUMN clearance.resources.available_from IS 'first day it is available';
COMMENT ON COLUMN clearance.resources.available_until IS 'last day it is available';

CREATE VIEW clearance.allocations WITH (security_barrier) AS
    SELECT a.id, a.account_id, p.key AS project, a.member_id, m.key AS member_key, m.name, m.partner_id,
        a.starts_on, a.ends_on, a.weekly_hours, r.weekly_hours AS capacity
    FROM clearance.allocation a
    JOIN clearance.project p ON p.id = a.project_id
    JOIN clearance.member m ON m.id = a.member_id
    JOIN clearance.resource r ON r.member_id = a.member_id
    WHERE a.project_id IN (SELECT clearance.projects_with('resource_management.view_allocations'))
       OR a.member_id = (SELECT s.member FROM clearance.standing() s)
    OFFSET 0;
GRANT SELECT ON clearance.allocations TO PUBLIC;
COMMENT ON VIEW clearance.allocations IS
'allocations: to operators all, to members those of projects where they may view allocations, and their own';
COMMENT ON COLUMN clearance.allocations.id IS 'internal id';
COMMENT ON COLUMN clearance.allocations.account_id IS 'the account';
COMMENT ON COLUMN clearance.allocations.project IS 'the application''s project id as text';
COMMENT ON COLUMN clearance.allocations.member_id IS 'the resource';
COMMENT ON COLUMN clearance.allocations.member_key IS 'the application''s user id';
COMMENT ON COLUMN clearance.allocations.name IS 'name';
COMMENT ON COLUMN clearance.allocations.partner_id IS 'the partner company, if any';
COMMENT ON COLUMN clearance.allocations.starts_on IS 'first day';
COMMENT ON COLUMN clearance.allocations.ends_on IS 'last day';
COMMENT ON COLUMN clearance.allocations.weekly_hours IS 'hours a week';
COMMENT ON COLUMN clearance.allocations.capacity IS 'hours a week that the resource has';
-- ---------------------------------------------------------------------------
-- Rates of partners
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.set_rate(
    partner bigint,
    kind text,
    amount numeric,
    currency text,
    valid_from date DEFAULT CURRENT_DATE
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.partner := clearance.require_partner(partner);
BEGIN
    PERFORM clearance.require_right(CASE kind WHEN 'cost' THEN 'financials.manage_cost_rates'
                                              ELSE 'financials.manage_rate_cards' END, company.account_id);
    PERFORM clearance.require_choice('kind', kind, '{cost,bill}'), clearance.require_given('amount', amount::text),
            clearance.require_given('currency', currency), clearance.require_given('valid_from', valid_from::text);
    IF NOT amount BETWEEN 0 AND 9999999999 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('amount is %s', amount),
            HINT = 'The price of an hour is not negative and has ten digits at most before the point.';
    ELSIF currency !~ '^[A-Z]{3}$' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('unknown currency "%s"', currency),
            HINT = 'Use a code of ISO 4217, such as EUR.';
    END IF;
    INSERT INTO clearance.rate (partner_id, kind, valid_from, amount, currency)
    VALUES (company.id, set_rate.kind, set_rate.valid_from, set_rate.amount, set_rate.currency)
    ON CONFLICT ON CONSTRAINT rate_is_set_once_a_day DO UPDATE SET amount = EXCLUDED.amount, currency = EXCLUDED.currency;
END
$$;
COMMENT ON FUNCTION clearance.set_rate(bigint, text, numeric, text, date) IS
'sets what an hour of a partner costs (cost) or is billed at (bill) from a day on; for a day that has one, replaces it';

CREATE VIEW clearance.rates WITH (security_barrier) AS
    SELECT p.account_id, r.partner_id, p.name AS partner, r.kind, r.valid_from,
        lead(r.valid_from) OVER (PARTITION BY r.partner_id, r.kind ORDER BY r.valid_from) AS valid_until,
        r.amount, r.currency
    FROM clearance.rate r
    JOIN clearance.partner p ON p.id = r.partner_id
    WHERE (r.kind = 'cost' AND p.account_id IN (SELECT clearance.accounts_with('financials.view_cost_rates')))
       OR (r.kind = 'bill' AND p.account_id IN (SELECT clearance.accounts_with('financials.view_bill_rates')))
    OFFSET 0;
GRANT SELECT ON clearance.rates TO PUBLIC;
COMMENT ON VIEW clearance.rates IS
'rates of partners: to operators all, to members those of the account that they may view';
COMMENT ON COLUMN clearance.rates.account_id IS 'the account';
COMMENT ON COLUMN clearance.rates.partner_id IS 'the partner';
COMMENT ON COLUMN clearance.rates.partner IS 'name of the partner';
COMMENT ON COLUMN clearance.rates.kind IS 'cost or bill';
COMMENT ON COLUMN clearance.rates.valid_from IS 'first day of the rate';
COMMENT ON COLUMN clearance.rates.valid_until IS 'first day of the next one; NULL: none yet';
COMMENT ON COLUMN clearance.rates.amount IS 'price of an hour';
COMMENT ON COLUMN clearance.rates.currency IS 'ISO 4217 code';
-- ---------------------------------------------------------------------------
-- Links: a customer's contact reaches one thing, such as a sign-off that was
-- sent, without logging in.
--
-- A link says who acts and on what, and no more: the application follows it,
-- and the rule judges what the contact then does as it does in the portal.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.create_link(
    project clearance.app_key,
    member bigint,
    subject text,
    valid_for interval DEFAULT '30 days'
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    m clearance.member := clearance.require_member(member, project);
    token text := clearance.new_token();
BEGIN
    PERFORM clearance.require_right('sign_off.send', p.account_id, project);
    PERFORM clearance.require_given('subject', subject);
    PERFORM clearance.require_valid_for(valid_for);
    PERFORM clearance.require_same_account(format('member "%s"', clearance.member_label(m)), m.account_id, p.account_id);
    IF m.kind <> 'customer' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" is no customer''s contact', clearance.member_label(m)),
            HINT = 'Links are for contacts; others log in.';
    END IF;
    PERFORM clearance.require_company_on(p, m);
    INSERT INTO clearance.link (token_hash, account_id, project_id, member_id, subject, expires_at)
    VALUES (clearance.hash_token(token), p.account_id, p.id, m.id, create_link.subject, now() + valid_for);
    RETURN token;
END
$$;
COMMENT ON FUNCTION clearance.create_link(clearance.app_key, bigint, text, interval) IS
'makes a link for a customer''s contact to something in a project, named in the application''s words; returns its token this once';

CREATE FUNCTION clearance.follow_link(token text, OUT member bigint, OUT project text, OUT subject text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT l.member_id, p.key, l.subject INTO member, project, subject
    FROM clearance.link l JOIN clearance.project p ON p.id = l.project_id
    WHERE l.token_hash = clearance.hash_token(token) AND l.expires_at > now();
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = 'the link leads nowhere',
            DETAIL = 'It expired, was withdrawn, or never existed.',
            HINT = 'clearance.create_link() makes a new one.';
    END IF;
    PERFORM clearance.set_actor(id => member);
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_link(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_link(text) IS
'acts as the contact whose link this is, until the transaction ends; returns what the link is about, to which the application keeps the contact. For trusted roles: see trust_role()';

CREATE FUNCTION clearance.withdraw_links(project clearance.app_key, subject text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
BEGIN
    PERFORM clearance.require_right('sign_off.send', p.account_id, project);
    PERFORM clearance.require_given('subject', subject);
    DELETE FROM clearance.link l WHERE l.project_id = p.id AND l.subject = withdraw_links.subject;
END
$$;
COMMENT ON FUNCTION clearance.withdraw_links(clearance.app_key, text) IS
'ends every link to something in a project; without any, does nothing';
-- ---------------------------------------------------------------------------
-- Why: in words, for the actor. Nothing here tells of projects that the actor
-- has no participation of its own in.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.why_nobody() RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_why_nobody';
REVOKE ALL ON FUNCTION clearance.why_nobody() FROM PUBLIC;
COMMENT ON FUNCTION clearance.why_nobody() IS 'internal: why nobody acts; NULL if somebody does';

CREATE FUNCTION clearance.ways_in(OUT projects bigint, OUT with_level bigint, OUT archived bigint, OUT levels integer[])
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_ways_in';
REVOKE ALL ON FUNCTION clearance.ways_in() FROM PUBLIC;
COMMENT ON FUNCTION clearance.ways_in() IS
'internal: how many projects the actor may have a way into, in how many of them it has a level, how many of those are archived and closed to it, and the levels in force anywhere';

CREATE FUNCTION clearance.participation(kind text, id bigint, project bigint, at timestamptz,
    OUT said bigint, OUT in_force bigint, OUT ended timestamptz, OUT begins timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*), count(*) FILTER (WHERE clearance.in_force(w.starts_at, w.ends_at, at)),
           max(w.ends_at) FILTER (WHERE w.ends_at <= at), min(w.starts_at) FILTER (WHERE w.starts_at > at)
    FROM (SELECT 'member' AS kind, pm.member_id AS id, pm.project_id, pm.starts_at, pm.ends_at FROM clearance.project_member pm
          UNION ALL SELECT 'partner', pp.partner_id, pp.project_id, pp.starts_at, pp.ends_at FROM clearance.project_partner pp
          UNION ALL SELECT 'customer', pc.customer_id, pc.project_id, pc.starts_at, pc.ends_at FROM clearance.project_customer pc) w
    WHERE w.kind = participation.kind AND w.id = participation.id AND w.project_id = coalesce(project, w.project_id)
$$;
REVOKE ALL ON FUNCTION clearance.participation(text, bigint, bigint, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.participation(text, bigint, bigint, timestamptz) IS
'internal: in one project or (NULL) all of them, how often a member, partner or customer is on it and how often now, when the last of what ended did, when the first of what begins does';

CREATE FUNCTION clearance.window_text(what text, ended timestamptz, begins timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT what || ' ' || concat_ws(', another ', 'ended on ' || to_char(ended, 'YYYY-MM-DD HH24:MI:SSOF'),
                                                  'begins on ' || to_char(begins, 'YYYY-MM-DD HH24:MI:SSOF'))
$$;
REVOKE ALL ON FUNCTION clearance.window_text(text, timestamptz, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.window_text(text, timestamptz, timestamptz) IS 'internal: when something ended or begins, in words';

CREATE FUNCTION clearance.why_no_project(member bigint, partner bigint, project text, at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project;
    m clearance.member;
    own record;
    company record;
    side text;
BEGIN
    SELECT * INTO p FROM clearance.project x WHERE x.key = why_no_project.project;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO m FROM clearance.member x WHERE x.id = why_no_project.member;
    SELECT * INTO own FROM clearance.participation('member', m.id, p.id, at);
    IF own.said > 0 AND own.in_force = 0 THEN
        RETURN clearance.window_text('the actor''s membership of the project', own.ended, own.begins);
    ELSIF m.customer_id IS NOT NULL THEN
        side := 'customer';
    ELSIF partner IS NOT NULL OR m.partner_admin OR own.said > 0 THEN
        side := 'partner';
    END IF;
    SELECT * INTO company FROM clearance.participation(side, coalesce(partner, m.partner_id, m.customer_id), p.id, at);
    IF company.said > 0 AND company.in_force = 0 THEN
        RETURN clearance.window_text('the participation of the actor''s company in the project', company.ended, company.begins);
    ELSIF company.said > 0 AND m.customer_id IS NOT NULL THEN
        -- whoever was not put on it in person is not told that there is such a project
        RETURN CASE WHEN own.said > 0 AND NOT p.portal THEN 'the client portal is off for the project' END;
    ELSIF company.said > 0 AND p.by_phase THEN
        RETURN 'the project is reached through its phases, and the actor takes part in none';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION clearance.why_no_project(bigint, bigint, text, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.why_no_project(bigint, bigint, text, timestamptz) IS
'internal: why an actor has no way into a project, if that is its own or its company''s time there; else NULL, as if there were no such project';

CREATE FUNCTION clearance.why_no_projects(member bigint, partner bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member;
    own record;
    company record;
    at timestamptz := statement_timestamp();
BEGIN
    SELECT * INTO m FROM clearance.member x WHERE x.id = why_no_projects.member;
    SELECT * INTO own FROM clearance.participation('member', m.id, NULL, at);
    IF own.said > 0 AND own.in_force = 0 THEN
        RETURN clearance.window_text('its membership', own.ended, own.begins);
    ELSIF m.kind = 'vendor' THEN
        RETURN CASE WHEN EXISTS (SELECT FROM clearance.project p WHERE p.account_id = m.account_id)
                    THEN 'it is on none, and no level of its own reaches further'
                    ELSE 'its account has none' END;
    END IF;
    SELECT * INTO company
    FROM clearance.participation(CASE WHEN m.kind = 'customer' THEN 'customer' ELSE 'partner' END,
                                 coalesce(partner, m.partner_id, m.customer_id), NULL, at);
    RETURN CASE WHEN company.said = 0 THEN 'its company is on none'
                WHEN company.in_force = 0 THEN clearance.window_text('the participation of its company', company.ended, company.begins)
                WHEN m.kind = 'customer' THEN 'the client portal is off for those of its company'
                WHEN own.said = 0 AND NOT m.partner_admin THEN 'it is invited to none of its company''s'
                ELSE 'its company''s are reached through phases, and it takes part in none' END;
END
$$;
REVOKE ALL ON FUNCTION clearance.why_no_projects(bigint, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.why_no_projects(bigint, bigint) IS 'internal: why an actor has no way into any project';

-- The role is the one of the session, which SECURITY DEFINER does not change.
CREATE FUNCTION clearance.actor_note(member bigint, partner bigint, no_standing text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    role_name name := coalesce(nullif(current_setting('role'), 'none'), session_user);
    unbound text := (SELECT format('role "%s" %s, so row security does not bind it: it sees every row', r.rolname,
                                   CASE WHEN r.rolsuper THEN 'is a superuser' ELSE 'has BYPASSRLS' END)
                     FROM pg_roles r WHERE r.rolname = role_name AND (r.rolsuper OR r.rolbypassrls));
    why text := coalesce(clearance.why_nobody(), no_standing);
    ways record;
BEGIN
    IF unbound IS NOT NULL THEN
        RETURN concat_ws('; ', why, unbound);
    ELSIF why IS NOT NULL THEN
        RETURN why || ': no row of a protected table is visible';
    END IF;
    SELECT * INTO ways FROM clearance.ways_in();
    IF ways.with_level > ways.archived THEN
        RETURN (SELECT 'no level in force grants sight of anything'
                WHERE NOT EXISTS (SELECT FROM clearance.held_grant g WHERE g.level_id = ANY (ways.levels) AND g.action LIKE '%view%')
                  AND NOT EXISTS (SELECT FROM clearance.member_switch s WHERE s.member_id = actor_note.member));
    END IF;
    RETURN 'no project is open to the actor: '
        || CASE WHEN ways.archived > 0 THEN 'those that it has a level in are archived'
                WHEN ways.projects > 0 THEN 'no level is in force, for neither project, company, role nor account names one'
                ELSE clearance.why_no_projects(member, partner) END;
END
$$;
REVOKE ALL ON FUNCTION clearance.actor_note(bigint, bigint, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.actor_note(bigint, bigint, text) IS 'internal: why nothing or little is visible; NULL if that is not so';
-- ---------------------------------------------------------------------------
-- What the policies of protected tables call, and answers from the same rule.
-- Policies run as the querying role, so everybody may execute these; they
-- tell the actor what it may do, nothing else.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.policy_support(internal) RETURNS internal
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'clearance_policy_support';
REVOKE ALL ON FUNCTION clearance.policy_support(internal) FROM PUBLIC;
COMMENT ON FUNCTION clearance.policy_support(internal) IS 'planner support of the functions that policies call';

CREATE FUNCTION clearance.set_support(internal) RETURNS internal
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'clearance_set_support';
REVOKE ALL ON FUNCTION clearance.set_support(internal) FROM PUBLIC;
COMMENT ON FUNCTION clearance.set_support(internal) IS 'planner support of in_set';

CREATE FUNCTION clearance.in_set(value "any", binding integer, verb integer, kind integer, class integer) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1 SUPPORT clearance.set_support
AS 'MODULE_PATHNAME', 'clearance_in_set';
COMMENT ON FUNCTION clearance.in_set("any", integer, integer, integer, integer) IS
'in plans: whether a key is that of a project open to the actor, its own, or linked to it';

CREATE FUNCTION clearance.set_keys(element anyelement, binding integer, verb integer, kind integer, class integer) RETURNS anyarray
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_set_keys';
COMMENT ON FUNCTION clearance.set_keys(anyelement, integer, integer, integer, integer) IS
'in plans: what in_set tests, as an array of the element''s type';

CREATE FUNCTION clearance.own_account(element anyelement) RETURNS anyelement
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_own_account';
COMMENT ON FUNCTION clearance.own_account(anyelement) IS
'in plans of tables that are partitioned by account: the key of the actor''s, as a value of the element''s type';

CREATE FUNCTION clearance.permitted(binding integer, verb integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 100 SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_permitted';
COMMENT ON FUNCTION clearance.permitted(integer, integer, "any") IS 'in plans: what the policy of a verb says of a row';

CREATE FUNCTION clearance.visible(binding integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 100 SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_visible';
COMMENT ON FUNCTION clearance.visible(integer, "any") IS 'policy: SELECT may see the row';

CREATE FUNCTION clearance.creatable(binding integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_creatable';
COMMENT ON FUNCTION clearance.creatable(integer, "any") IS 'policy: INSERT may add the row, else an error that says why';

CREATE FUNCTION clearance.editable(binding integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 100 SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_editable';
COMMENT ON FUNCTION clearance.editable(integer, "any") IS 'policy: UPDATE may touch the row as it was';

CREATE FUNCTION clearance.edited(binding integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_edited';
COMMENT ON FUNCTION clearance.edited(integer, "any") IS 'policy: UPDATE may leave the row like this, else an error that says why';

CREATE FUNCTION clearance.deletable(binding integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 100 SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_deletable';
COMMENT ON FUNCTION clearance.deletable(integer, "any") IS 'policy: DELETE may remove the row';

CREATE FUNCTION clearance.can(action text, project clearance.app_key DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_can';
COMMENT ON FUNCTION clearance.can(text, clearance.app_key) IS
'whether the actor''s levels grant an action (''task.create'') in a project or, without one, in the account; what a grant asks of a row is not judged';

CREATE FUNCTION clearance.can_row(action text, "row" record, relation regclass DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_can_row';
COMMENT ON FUNCTION clearance.can_row(text, record, regclass) IS
'whether the actor may do an action of the table''s feature (''edit'') to this row of a protected table; relation: the table, for rows of views and sub-selects that have its columns';

-- Trigger functions are nobody's to attach: sync() does, see create_triggers().
CREATE FUNCTION clearance.write_check() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_write_check';
REVOKE ALL ON FUNCTION clearance.write_check() FROM PUBLIC;
COMMENT ON FUNCTION clearance.write_check() IS 'trigger of protected tables: fills owners, judges what an UPDATE changes';

CREATE FUNCTION clearance.policy_columns(relation regclass, binding integer) RETURNS text[]
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_policy_columns';
REVOKE ALL ON FUNCTION clearance.policy_columns(regclass, integer) FROM PUBLIC;
COMMENT ON FUNCTION clearance.policy_columns(regclass, integer) IS
'columns that the extension''s policies of a table pass, under their present names; NULL unless all four are there and pass the same';

CREATE FUNCTION clearance.is_own_policy(relation regclass, policy name, binding integer, columns text[]) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_is_own_policy';
REVOKE ALL ON FUNCTION clearance.is_own_policy(regclass, name, integer, text[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_own_policy(regclass, name, integer, text[]) IS
'whether a policy is one of the extension''s, in all that it says';

CREATE FUNCTION clearance.calls_rule(relation regclass, policy name) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_calls_rule';
REVOKE ALL ON FUNCTION clearance.calls_rule(regclass, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.calls_rule(regclass, name) IS 'whether a policy asks the rule, about whatever table';

CREATE FUNCTION clearance.canonical_text(value text, type regtype) RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_canonical_text';
REVOKE ALL ON FUNCTION clearance.canonical_text(text, regtype) FROM PUBLIC;
COMMENT ON FUNCTION clearance.canonical_text(text, regtype) IS 'a value as its type writes it';

CREATE FUNCTION clearance.is_maintaining() RETURNS boolean
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_is_maintaining';
REVOKE ALL ON FUNCTION clearance.is_maintaining() FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_maintaining() IS 'whether the extension is altering a protected table itself';

-- ---------------------------------------------------------------------------
-- Protection: which tables hold what
-- ---------------------------------------------------------------------------

-- Binding of a table, or of the table that it is a partition or child of.
CREATE FUNCTION clearance.binding_of(relation oid) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE tree AS (
        SELECT binding_of.relation AS relid, 0 AS depth
        UNION
        SELECT i.inhparent, t.depth + 1 FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhrelid = t.relid
    )
    SELECT b.id FROM tree t JOIN clearance.binding b ON b.relation = t.relid ORDER BY t.depth LIMIT 1;
END;
REVOKE ALL ON FUNCTION clearance.binding_of(oid) FROM PUBLIC;
COMMENT ON FUNCTION clearance.binding_of(oid) IS
'id of the binding of a table, or of the protected table that it is a partition or child of';

CREATE FUNCTION clearance.declare_alone() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS 'UPDATE clearance.declaring SET alone = true';
REVOKE ALL ON FUNCTION clearance.declare_alone() FROM PUBLIC;
COMMENT ON FUNCTION clearance.declare_alone() IS
'waits until no other transaction declares anything; what was declared before is seen from here on';

-- A table is judged by one binding: its own, or that of one parent.
CREATE FUNCTION clearance.require_one_binding(tab regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bound regclass[];
BEGIN
    WITH RECURSIVE up AS (
        SELECT tab::oid AS relid
        UNION
        SELECT i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.relid
    )
    SELECT array_agg(b.relation ORDER BY b.relation::text) INTO bound
    FROM up JOIN clearance.binding b ON b.relation = up.relid;
    IF cardinality(bound) > 1 THEN
        RAISE EXCEPTION '% would be protected in several ways: as %', tab, array_to_string(bound, ', ')
            USING ERRCODE = 'object_in_use',
            HINT = 'Unprotect it before it becomes a partition or child of a protected table; a child has one protected parent.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_one_binding(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_one_binding(regclass) IS 'errors if a table and its parents have several bindings';

-- Queries of a parent read the rows of its children by the parent's policies.
CREATE FUNCTION clearance.require_closed_parents(tab regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parent regclass;
BEGIN
    SELECT i.inhparent INTO parent FROM pg_inherits i
    WHERE i.inhrelid = tab AND clearance.binding_of(i.inhparent) IS NULL
    ORDER BY i.inhparent::regclass::text;
    IF FOUND THEN
        RAISE EXCEPTION '% is protected, and cannot be a partition or child of %, which is not', tab, parent
            USING ERRCODE = 'object_in_use',
            DETAIL = 'Whoever may read the parent would see all rows.',
            HINT = 'Unprotect it, and protect the parent: its partitions and children are protected with it.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_closed_parents(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_closed_parents(regclass) IS
'errors if a protected table is a partition or child of one that is not';

-- A table with all its partitions and children, the table itself first.
CREATE FUNCTION clearance.table_tree(relation regclass) RETURNS SETOF regclass
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE tree AS (
        SELECT table_tree.relation::oid AS relid, 0 AS depth
        UNION
        SELECT i.inhrelid, t.depth + 1 FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relid
    )
    SELECT t.relid::regclass FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.relid
    WHERE c.relkind IN ('r', 'p')
    GROUP BY t.relid ORDER BY min(t.depth), t.relid;
END;
REVOKE ALL ON FUNCTION clearance.table_tree(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.table_tree(regclass) IS 'a table with its partitions and children, itself first';

-- ---------------------------------------------------------------------------
-- Checks of what a caller names
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.require_table(relation regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kind "char";
    persistence "char";
    schema name;
BEGIN
    IF relation IS NULL THEN
        RAISE EXCEPTION 'the table is null' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Name a table, for example ''app.task''.';
    END IF;
    SELECT c.relkind, c.relpersistence, n.nspname INTO kind, persistence, schema
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    IF kind IS NULL THEN
        RAISE EXCEPTION 'no table with OID %', relation::oid USING ERRCODE = 'undefined_table',
            HINT = 'It may have been dropped; name it again.';
    ELSIF kind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION '% is %, which has no row security', relation,
            CASE kind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view' WHEN 'f' THEN 'a foreign table'
                      WHEN 'S' THEN 'a sequence' WHEN 'c' THEN 'a composite type' ELSE 'an index' END
            USING ERRCODE = 'wrong_object_type',
            HINT = CASE WHEN kind IN ('v', 'm') THEN 'Protect the tables that it reads; give a view security_invoker = on.'
                        ELSE 'Only tables are protected.' END;
    ELSIF persistence = 't' THEN
        RAISE EXCEPTION '% is a temporary table', relation USING ERRCODE = 'wrong_object_type',
            HINT = 'Only permanent tables are protected.';
    ELSIF schema IN ('pg_catalog', 'information_schema', 'pg_toast', 'clearance') THEN
        RAISE EXCEPTION '% is a table of the system', relation USING ERRCODE = 'insufficient_privilege',
            HINT = 'Only tables of applications are protected.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_table(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_table(regclass) IS 'errors unless it is a permanent table of an application';

CREATE FUNCTION clearance.require_binding(relation regclass) RETURNS clearance.binding
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_binding clearance.binding;
    root regclass;
BEGIN
    IF relation IS NULL THEN
        RAISE EXCEPTION 'the table is null' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Name a table, for example ''app.task''.';
    END IF;
    SELECT * INTO found_binding FROM clearance.binding b WHERE b.relation = require_binding.relation;
    IF NOT FOUND THEN
        SELECT b.relation INTO root FROM clearance.binding b WHERE b.id = clearance.binding_of(require_binding.relation);
        IF root IS NOT NULL THEN
            RAISE EXCEPTION '% is protected with its parent %', relation, root USING ERRCODE = 'wrong_object_type',
                HINT = 'Name the parent.';
        END IF;
        RAISE EXCEPTION '% is not protected', relation USING ERRCODE = 'undefined_object',
            HINT = 'Call clearance.protect() first; clearance.protected_tables lists the protected tables.';
    END IF;
    RETURN found_binding;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_binding(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_binding(regclass) IS 'binding of a protected table, or an error';

-- Base type of a column. Arrays are for member columns of relate() only, where
-- the base type is that of the elements.
CREATE FUNCTION clearance.require_column(relation regclass, "column" name, purpose text,
    may_be_array boolean DEFAULT false) RETURNS regtype
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type oid;
    inner_type oid;
    is_array boolean;
BEGIN
    IF "column" IS NULL THEN
        RAISE EXCEPTION 'the % column is null', purpose USING ERRCODE = 'null_value_not_allowed',
            HINT = format('Name a column of %s.', relation);
    END IF;
    SELECT a.atttypid INTO type FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attname = "column" AND a.attnum > 0 AND NOT a.attisdropped;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % has no column "%"', relation, "column" USING ERRCODE = 'undefined_column',
            DETAIL = format('It was named as the %s column.', purpose),
            HINT = format('Its columns are: %s.', (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped));
    END IF;
    LOOP
        SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype WHEN t.typcategory = 'A' THEN t.typelem END,
               t.typtype <> 'd' AND t.typcategory = 'A'
        INTO inner_type, is_array FROM pg_type t WHERE t.oid = type;
        EXIT WHEN inner_type IS NULL;
        IF is_array AND NOT may_be_array THEN
            RAISE EXCEPTION 'column "%" of % is an array', "column", relation USING ERRCODE = 'datatype_mismatch',
                DETAIL = format('It was named as the %s column, which holds one value.', purpose),
                HINT = 'Only member columns of clearance.relate() may be arrays.';
        END IF;
        type := inner_type;
    END LOOP;
    RETURN type;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_column(regclass, name, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_column(regclass, name, text, boolean) IS
'base type of a column, or an error that names the column''s purpose';

-- What a write changes is judged before generated columns are computed: who
-- changes what they are computed from would change them unseen. A child may
-- generate what its parent stores.
CREATE FUNCTION clearance.require_stored_columns(tab regclass, columns name[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    generated name;
BEGIN
    SELECT a.attname INTO generated FROM pg_attribute a
    WHERE a.attrelid = tab AND a.attname = ANY (columns) AND a.attgenerated <> '' AND NOT a.attisdropped
    ORDER BY a.attnum;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of % is generated', generated, tab USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'Changes of the columns that it is computed from would change what it says, unjudged.',
            HINT = 'Name stored columns only, such as those that it is computed from.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_stored_columns(regclass, name[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_stored_columns(regclass, name[]) IS 'errors if a bound column of a table is generated';

-- Types whose values declarations may name: built in, or enums.
CREATE FUNCTION clearance.require_label_column(relation regclass, "column" name, purpose text) RETURNS regtype
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type regtype := clearance.require_column(relation, "column", purpose);
BEGIN
    IF type NOT IN ('boolean'::regtype, 'text'::regtype, 'character varying'::regtype,
                    'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
        AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = type AND t.typtype = 'e') THEN
        RAISE EXCEPTION 'column "%" of % cannot be the % column', "column", relation, purpose
            USING ERRCODE = 'datatype_mismatch',
            DETAIL = format('Its type is %s.', type),
            HINT = 'Use a boolean, text, enum or integer column.';
    END IF;
    RETURN type;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_label_column(regclass, name, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_label_column(regclass, name, text) IS
'type of a column whose values a declaration can name, or an error';

-- Values of one class compare; the same classes as in src/key.c.
CREATE FUNCTION clearance.key_class(type regtype) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) THEN 'integer'
            WHEN type = 'uuid'::regtype THEN 'uuid'
            WHEN type IN ('text'::regtype, 'character varying'::regtype) THEN 'text' END;
REVOKE ALL ON FUNCTION clearance.key_class(regtype) FROM PUBLIC;
COMMENT ON FUNCTION clearance.key_class(regtype) IS 'integer, uuid or text: keys of one class compare; NULL: not a key type';

CREATE FUNCTION clearance.require_key_column(relation regclass, "column" name, purpose text,
    may_be_array boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type regtype := clearance.require_column(relation, "column", purpose, may_be_array);
BEGIN
    IF clearance.key_class(type) IS NULL THEN
        RAISE EXCEPTION 'column "%" of % cannot hold keys', "column", relation USING ERRCODE = 'datatype_mismatch',
            DETAIL = format('Its type is %s; it was named as the %s column.', type, purpose),
            HINT = 'Keys are smallint, integer, bigint, uuid, text or varchar.';
    END IF;
    RETURN clearance.key_class(type);
END
$$;
REVOKE ALL ON FUNCTION clearance.require_key_column(regclass, name, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_key_column(regclass, name, text, boolean) IS
'key class of a column (of the elements of an array), or an error';

CREATE FUNCTION clearance.require_same_class(relation regclass, "column" name, class text,
    other regclass, other_column name, other_class text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF class <> other_class THEN
        RAISE EXCEPTION 'column "%" of % cannot refer to column "%" of %', "column", relation, other_column, other
            USING ERRCODE = 'datatype_mismatch',
            DETAIL = format('One holds %s keys, the other %s keys.', class, other_class),
            HINT = 'Name columns of the same kind of key.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_same_class(regclass, name, text, regclass, name, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_same_class(regclass, name, text, regclass, name, text) IS
'errors unless the keys of two columns compare';

-- A declared value in the form that src/binding.c compares with.
CREATE FUNCTION clearance.canonical_value(value text, type regtype, purpose text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN clearance.canonical_text(value, type);
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION '"%" is no value of type %', value, type USING ERRCODE = 'invalid_parameter_value',
        DETAIL = format('It was named as %s.', purpose),
        HINT = 'Name a value that the column can hold.';
END
$$;
REVOKE ALL ON FUNCTION clearance.canonical_value(text, regtype, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.canonical_value(text, regtype, text) IS 'a value as its type writes it, or an error';

-- ---------------------------------------------------------------------------
-- Projects follow the application's project table; rows stay with their
-- parents' project
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.account_of_key(key text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account bigint;
BEGIN
    SELECT a.id INTO account FROM clearance.account a WHERE coalesce(a.key, a.id::text) = account_of_key.key;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no account with key "%"', key USING ERRCODE = 'undefined_object',
            HINT = 'Accounts are made with clearance.create_account(name, key => ...).';
    END IF;
    RETURN account;
END
$$;
REVOKE ALL ON FUNCTION clearance.account_of_key(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.account_of_key(text) IS 'id of the account that an account column names, or an error';

CREATE FUNCTION clearance.register_project(key text, account bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    project_id bigint;
BEGIN
    INSERT INTO clearance.project AS p (account_id, key, has_row) VALUES (account, register_project.key, true)
    ON CONFLICT ON CONSTRAINT project_key_is_unique DO NOTHING
    RETURNING p.id INTO project_id;
    IF project_id IS NOT NULL THEN
        INSERT INTO clearance.project_member (account_id, project_id, member_id, is_owner)
        SELECT m.account_id, project_id, m.id, true
        FROM clearance.member m WHERE m.account_id = account AND m.id = clearance.actor();
        -- an old snapshot still shows rows of a project that had the key and is gone: they are not the new one's
        IF EXISTS (SELECT FROM clearance.project p WHERE p.key = register_project.key AND p.id <> project_id) THEN
            RAISE EXCEPTION 'project key "%" was another project''s when the transaction began', key
                USING ERRCODE = 'serialization_failure', HINT = 'Retry the transaction.';
        END IF;
    ELSIF NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = register_project.key AND p.account_id = account) THEN
        RAISE EXCEPTION 'project key "%" is taken', key USING ERRCODE = 'unique_violation',
            HINT = 'A project key belongs to one account of the database.';
    ELSE
        UPDATE clearance.project p SET has_row = true WHERE p.key = register_project.key AND NOT p.has_row;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.register_project(text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.register_project(text, bigint) IS
'registers a project that the application made; the actor, if any, becomes its owner; one registered before stays as it is';

-- What the extension reads of the application's tables, it reads by these: the
-- tables hold code of their owners, which must not run as the extension's.
CREATE FUNCTION clearance.table_rows(relation regclass, columns name[], "column" name DEFAULT NULL,
    keys text[] DEFAULT '{}') RETURNS SETOF text[]
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'clearance_table_rows';
REVOKE ALL ON FUNCTION clearance.table_rows(regclass, name[], name, text[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.table_rows(regclass, name[], name, text[]) IS
'values, as texts, of the rows of a table whose column has one of the keys, or of all; read as the table''s owner';

CREATE FUNCTION clearance.values_of("row" anyelement, columns name[]) RETURNS text[]
LANGUAGE c STABLE STRICT
AS 'MODULE_PATHNAME', 'clearance_values_of';
REVOKE ALL ON FUNCTION clearance.values_of(anyelement, name[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.values_of(anyelement, name[]) IS 'values, as texts, of a row of a table; no other column is looked at';

-- A project goes with the last of its rows, whatever takes that away. Registered
-- ahead of one, it waits; so it does where its table is no longer protected, or
-- its partition no longer one.
CREATE FUNCTION clearance.project_has_row(key text) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM clearance.binding b JOIN pg_class c ON c.oid = b.relation
        CROSS JOIN LATERAL clearance.table_rows(b.relation, ARRAY[b.project_column], b.project_column, ARRAY[key]) AS t ("row")
        WHERE b.feature = 'project' AND NOT b.link_only AND t."row"[1] = key)
$$;
REVOKE ALL ON FUNCTION clearance.project_has_row(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.project_has_row(text) IS 'whether a protected table of projects has a row of a project';

CREATE FUNCTION clearance.projects_without_row() RETURNS SETOF bigint
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    WITH present AS MATERIALIZED (
        SELECT t."row"[1] AS key
        FROM clearance.binding b JOIN pg_class c ON c.oid = b.relation
        CROSS JOIN LATERAL clearance.table_rows(b.relation, ARRAY[b.project_column]) AS t ("row")
        WHERE b.feature = 'project' AND NOT b.link_only
    )
    SELECT p.id FROM clearance.project p WHERE p.has_row AND NOT EXISTS (SELECT FROM present x WHERE x.key = p.key)
$$;
REVOKE ALL ON FUNCTION clearance.projects_without_row() FROM PUBLIC;
COMMENT ON FUNCTION clearance.projects_without_row() IS 'projects whose rows are gone from all protected tables of projects';

CREATE FUNCTION clearance.forget_projects() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ DELETE FROM clearance.project p WHERE p.id IN (SELECT clearance.projects_without_row()) $$;
REVOKE ALL ON FUNCTION clearance.forget_projects() FROM PUBLIC;
COMMENT ON FUNCTION clearance.forget_projects() IS 'rows of projects were truncated or dropped: their projects go with all memberships';

CREATE FUNCTION clearance.keep_projects() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ UPDATE clearance.project p SET has_row = false WHERE p.id IN (SELECT clearance.projects_without_row()) $$;
REVOKE ALL ON FUNCTION clearance.keep_projects() FROM PUBLIC;
COMMENT ON FUNCTION clearance.keep_projects() IS 'rows of projects are in no protected table any more, but are there: their projects stay';

-- Trigger of the application's project table. A row that moves to another
-- partition is deleted and inserted: its project stays.
CREATE FUNCTION clearance.follow_project() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
    columns name[];
    old_key text;
    new_key text;
    new_row text[];
BEGIN
    SELECT * INTO b FROM clearance.binding x WHERE x.id = clearance.binding_of(TG_RELID);
    IF b.feature IS DISTINCT FROM 'project' OR b.link_only OR TG_NAME NOT LIKE '00\_clearance\_%' OR TG_WHEN <> 'AFTER'
        OR (TG_OP = 'TRUNCATE') <> (TG_LEVEL = 'STATEMENT') THEN
        RAISE EXCEPTION 'trigger % of % is none of a protected table of projects', TG_NAME, TG_RELID::regclass
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'clearance.protect() creates this trigger; drop it here.';
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM clearance.forget_projects();
        RETURN NULL;
    END IF;
    columns := ARRAY[b.project_column, b.account_column];
    IF TG_OP <> 'INSERT' THEN
        old_key := (clearance.values_of(OLD, columns))[1];
    END IF;
    IF TG_OP <> 'DELETE' THEN
        new_row := clearance.values_of(NEW, columns);
        new_key := new_row[1];
    END IF;
    IF TG_OP = 'DELETE' THEN
        DELETE FROM clearance.project p WHERE p.key = old_key AND NOT clearance.project_has_row(old_key);
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE clearance.project p SET key = new_key WHERE p.key = old_key AND new_key <> old_key;
    ELSIF new_key IS NOT NULL THEN
        IF b.account_column IS NULL THEN
            PERFORM clearance.register_project(new_key, clearance.default_account(NULL));
        ELSIF new_row[2] IS NOT NULL THEN
            PERFORM clearance.register_project(new_key, clearance.account_of_key(new_row[2]));
        END IF;     -- else it belongs to no account: closed until somebody says
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_project() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_project() IS
'trigger of the project table: registers new projects with their creator as owner (one registered before stays as it is), follows new keys, forgets deleted and truncated ones';

CREATE FUNCTION clearance.register_existing_projects(relation regclass, project name, account name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    registered bigint;
    unclear bigint;
BEGIN
    WITH found AS MATERIALIZED (
        SELECT t."row"[1] AS key, t."row"[2] AS account
        FROM clearance.table_rows(register_existing_projects.relation, ARRAY[project, account]) AS t ("row")
    ), added AS (
        INSERT INTO clearance.project (account_id, key, has_row)
        SELECT a.id, f.key, true
        FROM found f JOIN clearance.account a ON coalesce(f.account = coalesce(a.key, a.id::text),
                                                          (SELECT count(*) = 1 FROM clearance.account))
        WHERE f.key <> '' AND NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = f.key)
        RETURNING key
    ), there AS (
        UPDATE clearance.project p SET has_row = true WHERE NOT p.has_row AND EXISTS (SELECT FROM found f WHERE f.key = p.key)
    )
    SELECT (SELECT count(*) FROM added),
           (SELECT count(*) FROM found f WHERE NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = f.key)
                                           AND NOT EXISTS (SELECT FROM added a WHERE a.key = f.key))
    INTO registered, unclear;
    IF registered > 0 THEN
        RAISE NOTICE '% existing projects of % are registered', registered, relation;
    END IF;
    IF unclear > 0 THEN
        RAISE NOTICE '% projects of % belong to no account: their rows are closed', unclear, relation
            USING HINT = 'Register them with clearance.create_project().';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.register_existing_projects(regclass, name, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.register_existing_projects(regclass, name, name) IS
'registers the projects that a table holds when it is protected, where their account is clear';

-- ---------------------------------------------------------------------------
-- A row and its parents are in one project
-- ---------------------------------------------------------------------------

-- How many places tell the project of a row: its column, and each parent.
CREATE FUNCTION clearance.project_sources(b clearance.binding) RETURNS bigint
LANGUAGE sql STABLE
RETURN (b.project_column IS NOT NULL)::integer
    + (SELECT count(*) FROM clearance.binding_parent p WHERE p.binding_id = b.id);
REVOKE ALL ON FUNCTION clearance.project_sources(clearance.binding) FROM PUBLIC;
COMMENT ON FUNCTION clearance.project_sources(clearance.binding) IS 'how many places tell the project of a row';

-- Triggers of protected tables, see src/move.c. They bind whoever writes.
CREATE FUNCTION clearance.check_child_project() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_check_child_project';
REVOKE ALL ON FUNCTION clearance.check_child_project() FROM PUBLIC;
COMMENT ON FUNCTION clearance.check_child_project() IS 'trigger: new and changed rows are in the project of their parents';

CREATE FUNCTION clearance.check_children_project() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_check_children_project';
REVOKE ALL ON FUNCTION clearance.check_children_project() FROM PUBLIC;
COMMENT ON FUNCTION clearance.check_children_project() IS 'trigger: rows that moved to another project have taken their children along';

-- ---------------------------------------------------------------------------
-- What plans for whole tables rest on, beside foreign keys: see whole.c
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.forget_plans() RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_forget_plans';
REVOKE ALL ON FUNCTION clearance.forget_plans() FROM PUBLIC;
COMMENT ON FUNCTION clearance.forget_plans() IS 'has all sessions make plans for classes of rights anew, when this transaction commits';

-- With its first project an account comes to share a table of projects. That is
-- noted already (versions.sql); here plans are told to go in time.
CREATE FUNCTION clearance.note_first_project() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM clearance.project p WHERE p.account_id = NEW.account_id AND p.id <> NEW.id) THEN
        PERFORM clearance.forget_plans();
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION clearance.note_first_project() FROM PUBLIC;
COMMENT ON FUNCTION clearance.note_first_project() IS 'trigger: the first project of an account ends plans for whole tables';

CREATE TRIGGER "00_clearance_note_first" AFTER INSERT OR UPDATE OF account_id ON clearance.project
    FOR EACH ROW EXECUTE FUNCTION clearance.note_first_project();
ALTER TABLE clearance.project ENABLE ALWAYS TRIGGER "00_clearance_note_first";

-- Whether rows can be kept that a foreign key is to delete or change with what
-- they refer to: by a row trigger that comes before, which may be a soft
-- deletion, by a rule, or where keys are not enforced. What such a trigger does
-- is not asked. Keys that do nothing but refuse cannot be got around.
CREATE FUNCTION clearance.can_outlive(relation regclass, "column" name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH tree AS (SELECT t.tab FROM clearance.table_tree(relation) AS t (tab)),
    referential AS (
        SELECT bool_or(c.confdeltype = 'c') AS deletes,
               bool_or(c.confdeltype IN ('n', 'd') OR c.confupdtype IN ('c', 'n', 'd')) AS updates
        FROM pg_catalog.pg_constraint c
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attname = "column" AND c.conkey = ARRAY[a.attnum]
        WHERE c.conrelid = relation AND c.contype = 'f'
    )
    SELECT coalesce(r.deletes OR r.updates, false)
        AND (current_setting('session_replication_role') = 'replica'
             OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_trigger t ON t.tgrelid = tree.tab
                        WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 3 = 3
                          AND ((r.deletes AND t.tgtype & 8 <> 0) OR (r.updates AND t.tgtype & 16 <> 0))
                          AND t.tgfoid <> 'clearance.write_check()'::regprocedure)
             OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_rewrite w ON w.ev_class = tree.tab
                        WHERE (r.deletes AND w.ev_type = '4') OR (r.updates AND w.ev_type = '2'))
             OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_trigger t ON tree.tab IN (t.tgrelid, t.tgconstrrelid)
                        WHERE t.tgisinternal AND t.tgenabled NOT IN ('O', 'A')))
    FROM referential r;
END;
REVOKE ALL ON FUNCTION clearance.can_outlive(regclass, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.can_outlive(regclass, name) IS
'whether something may keep rows that a foreign key of the column is to delete or change';

-- A project's key goes: its rows may stay. Never taken back but by repair().
CREATE FUNCTION clearance.note_outlived() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE clearance.binding b SET rows_outlived = true
    WHERE NOT b.rows_outlived AND b.project_column IS NOT NULL AND b.feature <> 'project'
      AND clearance.can_outlive(b.relation, b.project_column);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION clearance.note_outlived() FROM PUBLIC;
COMMENT ON FUNCTION clearance.note_outlived() IS 'trigger: marks tables that may keep rows of a project whose key goes';

-- Logical replication fires row triggers alone.
CREATE TRIGGER "00_clearance_note_outlived" AFTER DELETE OR TRUNCATE ON clearance.project
    FOR EACH STATEMENT EXECUTE FUNCTION clearance.note_outlived();
CREATE TRIGGER "00_clearance_note_outlived_row" AFTER DELETE ON clearance.project
    FOR EACH ROW EXECUTE FUNCTION clearance.note_outlived();
CREATE TRIGGER "00_clearance_note_outlived_key" AFTER UPDATE ON clearance.project
    FOR EACH ROW WHEN (OLD.key IS DISTINCT FROM NEW.key) EXECUTE FUNCTION clearance.note_outlived();
ALTER TABLE clearance.project ENABLE ALWAYS TRIGGER "00_clearance_note_outlived",
    ENABLE REPLICA TRIGGER "00_clearance_note_outlived_row", ENABLE ALWAYS TRIGGER "00_clearance_note_outlived_key";

-- Sessions know of the mark what they know of projects.
CREATE TRIGGER "00_clearance_note_change" BEFORE INSERT OR DELETE OR UPDATE OF rows_outlived ON clearance.binding
    FOR EACH ROW EXECUTE FUNCTION clearance.note_change('projects', 'any');
ALTER TABLE clearance.binding ENABLE ALWAYS TRIGGER "00_clearance_note_change";

CREATE FUNCTION clearance.has_outlived_rows(relation regclass, "column" name) RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_has_outlived_rows';
REVOKE ALL ON FUNCTION clearance.has_outlived_rows(regclass, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.has_outlived_rows(regclass, name) IS
'whether the column has a value that a foreign key says cannot be there; reads the table and those it refers to';

CREATE FUNCTION clearance.look_for_outlived(binding integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE clearance.binding b SET rows_outlived = NOT b.rows_outlived
    WHERE b.id = binding AND b.feature <> 'project' AND NOT b.link_only AND b.project_column IS NOT NULL
      AND b.rows_outlived <> clearance.has_outlived_rows(b.relation, b.project_column);
END
$$;
REVOKE ALL ON FUNCTION clearance.look_for_outlived(integer) FROM PUBLIC;
COMMENT ON FUNCTION clearance.look_for_outlived(integer) IS 'marks a binding if its table has rows of projects that are gone, else takes the mark back';
-- ---------------------------------------------------------------------------
-- Policies and triggers of a protected table
-- ---------------------------------------------------------------------------

-- Columns that the policies pass: whatever the rule looks at.
CREATE FUNCTION clearance.bound_columns(binding integer) RETURNS name[]
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT array_agg(u.name ORDER BY u.first, u.name)
    FROM (
        SELECT c.name, min(ARRAY[c.part, c.n]) AS first
        FROM (
            SELECT v.name, 1 AS part, v.n FROM clearance.binding b
            CROSS JOIN LATERAL (VALUES (1, b.key_column), (2, b.project_column), (3, b.visibility_column),
                (4, b.client_visibility_column), (5, b.account_column), (6, b.owner_column),
                (7, b.kind_column), (8, b.published_column)) AS v (n, name)
            WHERE b.id = bound_columns.binding
            UNION ALL
            SELECT CASE WHEN r.link IS NULL THEN r.member_column ELSE r.row_column END, 2, r.id
            FROM clearance.binding_relation r WHERE r.binding_id = bound_columns.binding
            UNION ALL
            SELECT g.column_name, 5, 0 FROM clearance.binding_guard g WHERE g.binding_id = bound_columns.binding
            UNION ALL
            SELECT v.name, 3, p.id FROM clearance.binding_parent p
            CROSS JOIN LATERAL (VALUES (p.column_name), (p.type_column)) AS v (name)
            WHERE p.binding_id = bound_columns.binding
            UNION ALL
            SELECT v.name, 4, r.id FROM clearance.binding_relation r
            JOIN clearance.binding b ON b.relation = r.link
            CROSS JOIN LATERAL (VALUES (r.link_column), (r.member_column)) AS v (name)
            WHERE b.id = bound_columns.binding
        ) c
        WHERE c.name IS NOT NULL
        GROUP BY c.name
    ) u;
END;
REVOKE ALL ON FUNCTION clearance.bound_columns(integer) FROM PUBLIC;
COMMENT ON FUNCTION clearance.bound_columns(integer) IS 'columns that the policies of a binding pass, in their order';

CREATE FUNCTION clearance.note_name(relation regclass) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO clearance.protected_name AS n (name, relation) VALUES (note_name.relation::text, note_name.relation)
    ON CONFLICT (name) DO UPDATE SET relation = EXCLUDED.relation WHERE n.relation <> EXCLUDED.relation
$$;
REVOKE ALL ON FUNCTION clearance.note_name(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.note_name(regclass) IS 'notes the present name of a protected table';

-- Make a table and its partitions and children what their binding says.
CREATE FUNCTION clearance.sync(binding integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET clearance.maintaining = on
AS $$
DECLARE
    b clearance.binding;
    tab regclass;
BEGIN
    UPDATE clearance.binding x SET columns = clearance.bound_columns(x.id) WHERE x.id = sync.binding RETURNING * INTO b;
    PERFORM clearance.require_column(b.relation, c.name, 'bound', true) FROM unnest(b.columns) AS c (name);
    PERFORM clearance.note_name(b.relation);
    -- no partition or child comes meanwhile
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', b.relation);
    FOR tab IN SELECT clearance.table_tree(b.relation) LOOP
        PERFORM clearance.require_table(tab);
        PERFORM clearance.require_one_binding(tab);
        PERFORM clearance.require_stored_columns(tab, b.columns);
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
        IF b.force THEN
            EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tab);
        END IF;
        PERFORM clearance.drop_policies(tab);
        PERFORM clearance.create_policies(tab, b);
        PERFORM clearance.drop_triggers(tab);
        PERFORM clearance.create_triggers(tab, b);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.sync(integer) FROM PUBLIC;
COMMENT ON FUNCTION clearance.sync(integer) IS
'makes row security, policies and triggers of a protected table, its partitions and children what the binding says';

-- One policy for each command. Where somebody else's permissive policy would
-- widen them, the same again as restrictive ones: those are AND-ed.
CREATE FUNCTION clearance.create_policies(tab regclass, b clearance.binding) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    args text := b.id || (SELECT string_agg(', ' || quote_ident(c.name), '' ORDER BY c.n)
                          FROM unnest(b.columns) WITH ORDINALITY AS c (name, n));
    prefix text;
    kind text;
BEGIN
    FOR prefix, kind IN
        VALUES ('clearance', 'PERMISSIVE'), ('clearance_seal', 'RESTRICTIVE')
    LOOP
        CONTINUE WHEN kind = 'RESTRICTIVE' AND clearance.foreign_policy(tab, b) IS NULL;
        EXECUTE format('CREATE POLICY %s_select ON %s AS %s FOR SELECT USING (clearance.visible(%s))', prefix, tab, kind, args);
        EXECUTE format('CREATE POLICY %s_insert ON %s AS %s FOR INSERT WITH CHECK (clearance.creatable(%s))', prefix, tab, kind, args);
        EXECUTE format('CREATE POLICY %s_update ON %s AS %s FOR UPDATE USING (clearance.editable(%s))'
                       ' WITH CHECK (clearance.edited(%s))', prefix, tab, kind, args, args);
        EXECUTE format('CREATE POLICY %s_delete ON %s AS %s FOR DELETE USING (clearance.deletable(%s))', prefix, tab, kind, args);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.create_policies(regclass, clearance.binding) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_policies(regclass, clearance.binding) IS
'one policy for each command, and restrictive ones beside permissive policies of others';

-- Names of the extension's policies. A name proves nothing, but nobody else
-- gives one to a policy of a protected table.
CREATE FUNCTION clearance.is_policy_name(policy name) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN policy IN ('clearance_select', 'clearance_insert', 'clearance_update', 'clearance_delete',
    'clearance_seal_select', 'clearance_seal_insert', 'clearance_seal_update', 'clearance_seal_delete');
REVOKE ALL ON FUNCTION clearance.is_policy_name(name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_policy_name(name) IS 'whether the extension gives its policies this name';

CREATE FUNCTION clearance.foreign_policy(tab regclass, b clearance.binding) RETURNS name
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.polname FROM pg_catalog.pg_policy p
    WHERE p.polrelid = tab AND p.polpermissive AND NOT clearance.is_own_policy(tab, p.polname, b.id, b.columns::text[])
    ORDER BY p.polname LIMIT 1;
END;
REVOKE ALL ON FUNCTION clearance.foreign_policy(regclass, clearance.binding) FROM PUBLIC;
COMMENT ON FUNCTION clearance.foreign_policy(regclass, clearance.binding) IS 'a permissive policy of somebody else on a table, if there is one';

CREATE FUNCTION clearance.notice_foreign_policies(relation regclass, policy name DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
    found_policy record;
BEGIN
    SELECT * INTO b FROM clearance.binding x WHERE x.id = clearance.binding_of(notice_foreign_policies.relation);
    FOR found_policy IN
        SELECT p.polname AS name, p.polrelid::regclass AS tab
        FROM clearance.table_tree(relation) AS t (relid) JOIN pg_policy p ON p.polrelid = t.relid
        WHERE p.polpermissive AND NOT clearance.is_own_policy(p.polrelid, p.polname, b.id, b.columns::text[])
          AND p.polname = coalesce(notice_foreign_policies.policy, p.polname)
        ORDER BY p.polrelid::regclass::text, p.polname
    LOOP
        RAISE NOTICE 'policy % on % is permissive: it shows no more than the rule allows', found_policy.name, found_policy.tab
            USING HINT = 'Make it restrictive if it is to narrow, or drop it.';
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_foreign_policies(regclass, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_foreign_policies(regclass, name) IS
'tells of permissive policies of others, which have no effect on a protected table';

CREATE FUNCTION clearance.is_sealed(tab regclass, b clearance.binding) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT count(*) = 4 FROM pg_catalog.pg_policy p
    WHERE p.polrelid = tab AND NOT p.polpermissive AND clearance.is_own_policy(tab, p.polname, b.id, b.columns::text[]);
END;
REVOKE ALL ON FUNCTION clearance.is_sealed(regclass, clearance.binding) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_sealed(regclass, clearance.binding) IS
'whether a table has the rule as restrictive policies too';

-- Row security on, and the policies that create_policies() makes.
CREATE FUNCTION clearance.is_enforced(tab regclass, b clearance.binding) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.relrowsecurity AND (c.relforcerowsecurity OR NOT b.force)
        AND clearance.policy_columns(tab, b.id) = b.columns::text[]
        AND (clearance.foreign_policy(tab, b) IS NULL OR clearance.is_sealed(tab, b))
    FROM pg_catalog.pg_class c WHERE c.oid = tab;
END;
REVOKE ALL ON FUNCTION clearance.is_enforced(regclass, clearance.binding) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_enforced(regclass, clearance.binding) IS 'whether a table has the row security that its binding asks for';

CREATE FUNCTION clearance.drop_policies(tab regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    policy name;
BEGIN
    FOR policy IN SELECT p.polname FROM pg_policy p
        WHERE p.polrelid = tab AND (clearance.is_policy_name(p.polname) OR clearance.calls_rule(tab, p.polname))
    LOOP
        EXECUTE format('DROP POLICY %I ON %s', policy, tab);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.drop_policies(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.drop_policies(regclass) IS 'takes the policies off a table that ask the rule, or have names of those';

CREATE FUNCTION clearance.is_trigger_name(trig name) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trig LIKE '00\_clearance\_%';
REVOKE ALL ON FUNCTION clearance.is_trigger_name(name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_trigger_name(name) IS 'whether the extension gives its triggers such names';

-- Keys of text compare byte by byte, whatever the column's collation takes for equal.
CREATE FUNCTION clearance.key_changes(tab regclass, "column" name) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT format('OLD.%1$I%2$s IS DISTINCT FROM NEW.%1$I%2$s', a.attname,
                  CASE WHEN a.attcollation <> 0 THEN ' COLLATE pg_catalog."C"' ELSE '' END)
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = tab AND a.attname = "column" AND NOT a.attisdropped;
END;
REVOKE ALL ON FUNCTION clearance.key_changes(regclass, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.key_changes(regclass, name) IS 'condition of a trigger: an UPDATE changes a key column';

-- A row without a project of its own is where its parents are.
CREATE FUNCTION clearance.place_changes(tab regclass, b clearance.binding) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT string_agg(DISTINCT clearance.key_changes(tab, c.name), ' OR ')
    FROM (SELECT v.name FROM (VALUES (b.key_column), (b.project_column)) AS v (name) WHERE v.name IS NOT NULL
          UNION ALL
          SELECT p.column_name FROM clearance.binding_parent p WHERE p.binding_id = b.id AND b.project_column IS NULL) c;
END;
REVOKE ALL ON FUNCTION clearance.place_changes(regclass, clearance.binding) FROM PUBLIC;
COMMENT ON FUNCTION clearance.place_changes(regclass, clearance.binding) IS
'condition of a trigger: an UPDATE may take a row and those that name it apart';

-- Triggers sort first by name. Row triggers are made on each partition, not on
-- the partitioned table: the server would have whoever adds a partition clone
-- them there, and ask for EXECUTE on what runs with more rights than anybody's.
CREATE FUNCTION clearance.triggers_of(tab regclass, b clearance.binding)
RETURNS TABLE (name name, command text, always boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kind "char" := (SELECT c.relkind FROM pg_class c WHERE c.oid = tab);
    is_partition boolean := (SELECT c.relispartition FROM pg_class c WHERE c.oid = tab);
    is_of_rows boolean := kind = 'r' AND NOT b.link_only;
    event text;
    old_rows text;
BEGIN
    IF is_of_rows AND (b.owner_column IS NOT NULL OR b.published_column IS NOT NULL OR b.feature = 'project'
        OR EXISTS (SELECT FROM clearance.binding_relation r WHERE r.binding_id = b.id AND r.link IS NULL)
        OR EXISTS (SELECT FROM clearance.binding_guard g WHERE g.binding_id = b.id))
    THEN
        RETURN QUERY SELECT '00_clearance_write'::name, format('BEFORE INSERT OR UPDATE ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION clearance.write_check(%s)', tab, b.id), false;
    END IF;
    IF is_of_rows AND b.feature = 'project' THEN
        RETURN QUERY SELECT '00_clearance_project'::name, format('AFTER INSERT OR DELETE OR UPDATE OF %I ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION clearance.follow_project()', b.project_column, tab), false;
    END IF;
    IF b.feature = 'project' AND NOT b.link_only THEN
        RETURN QUERY SELECT '00_clearance_truncate'::name, format('AFTER TRUNCATE ON %s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION clearance.follow_project()', tab), false;
    END IF;
    -- sessions may know that all rows of a plain table of projects are registered (whole.c): a new key ends that
    IF is_of_rows AND NOT is_partition AND b.feature = 'project' THEN
        RETURN QUERY SELECT '00_clearance_note_insert'::name, format('AFTER INSERT ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION clearance.note_change(''projects'')', tab), true;
        RETURN QUERY SELECT '00_clearance_note_key'::name, format('AFTER UPDATE ON %s FOR EACH ROW'
            ' WHEN (%s) EXECUTE FUNCTION clearance.note_change(''projects'')',
            tab, clearance.key_changes(tab, b.project_column)), true;
    END IF;
    -- a row and its parents stay in one project, whoever writes
    IF clearance.project_sources(b) > 1 THEN
        FOR event, old_rows IN VALUES ('insert', ''), ('update', ' OLD TABLE AS clearance_old') LOOP
            RETURN QUERY SELECT ('00_clearance_parent_' || event)::name, format('AFTER %s ON %s'
                ' REFERENCING%s NEW TABLE AS clearance_new FOR EACH STATEMENT'
                ' EXECUTE FUNCTION clearance.check_child_project(%s)', event, tab, old_rows, b.id), false;
        END LOOP;
    END IF;
    IF is_of_rows AND clearance.project_sources(b) > 0 AND b.key_column IS NOT NULL THEN
        RETURN QUERY SELECT '00_clearance_children'::name, format('AFTER UPDATE ON %s'
            ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (%s)'
            ' EXECUTE FUNCTION clearance.check_children_project(%s)', tab, clearance.place_changes(tab, b), b.id), false;
        -- an UPDATE that moves a row to another partition inserts it there
        IF is_partition THEN
            RETURN QUERY SELECT '00_clearance_children_moved'::name, format('AFTER INSERT ON %s'
                ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW'
                ' EXECUTE FUNCTION clearance.check_children_project(%s)', tab, b.id), false;
        END IF;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.triggers_of(regclass, clearance.binding) FROM PUBLIC;
COMMENT ON FUNCTION clearance.triggers_of(regclass, clearance.binding) IS
'the triggers that a binding needs, and whether they fire always';

CREATE FUNCTION clearance.create_triggers(tab regclass, b clearance.binding, wanted name DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trig record;
BEGIN
    FOR trig IN SELECT t.* FROM clearance.triggers_of(tab, b) t WHERE t.name = coalesce(create_triggers.wanted, t.name) LOOP
        EXECUTE format('CREATE %s %I %s', CASE WHEN trig.name LIKE '00\_clearance\_children%' THEN 'CONSTRAINT TRIGGER' ELSE 'TRIGGER' END,
                       trig.name, trig.command);
        IF trig.always THEN
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', tab, trig.name);
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.create_triggers(regclass, clearance.binding, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_triggers(regclass, clearance.binding, name) IS 'makes the triggers that a binding needs, or one of them';

CREATE FUNCTION clearance.drop_triggers(tab regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trig name;
BEGIN
    FOR trig IN SELECT t.tgname FROM pg_trigger t
        WHERE t.tgrelid = tab AND clearance.is_trigger_name(t.tgname) AND t.tgparentid = 0
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', trig, tab);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.drop_triggers(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.drop_triggers(regclass) IS 'takes the extension''s triggers off a table';

-- A trigger of the extension's name is what the binding asks for, or an error:
-- the same is made anew, and compared with it.
CREATE FUNCTION clearance.require_own_trigger(tab regclass, b clearance.binding, trig name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET clearance.maintaining = on
AS $$
DECLARE
    asked text := (SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE t.tgrelid = tab AND t.tgname = trig);
BEGIN
    EXECUTE format('DROP TRIGGER %I ON %s', trig, tab);
    PERFORM clearance.create_triggers(tab, b, trig);
    IF asked IS DISTINCT FROM (SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE t.tgrelid = tab AND t.tgname = trig) THEN
        RAISE EXCEPTION 'cannot create trigger % on %: the table is protected', trig, tab
            USING ERRCODE = 'object_in_use',
            DETAIL = 'Names of the extension''s triggers are for its own.',
            HINT = 'Give it a name that does not begin with 00_clearance_.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_own_trigger(regclass, clearance.binding, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_own_trigger(regclass, clearance.binding, name) IS
'errors unless a trigger is the one that the binding asks for under its name';

-- ---------------------------------------------------------------------------
-- Declarations
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.protect(relation regclass, feature text, project name DEFAULT NULL,
    visibility name DEFAULT NULL, shared_values text[] DEFAULT NULL, clearance.by_name DEFAULT 'by name', client_visibility name DEFAULT NULL,
    account name DEFAULT NULL, owner name DEFAULT NULL, kind name DEFAULT NULL,
    published name DEFAULT NULL, publish_action text DEFAULT 'publish', key name DEFAULT NULL,
    view_action text DEFAULT 'view', create_action text DEFAULT 'create',
    edit_action text DEFAULT 'edit', delete_action text DEFAULT 'delete',
    force boolean DEFAULT true) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    id integer;
    link clearance.binding;
    verb text;
BEGIN
    PERFORM clearance.declare_alone();
    PERFORM clearance.require_table(relation);
    PERFORM clearance.require_unprotected(relation);
    PERFORM clearance.require_feature(feature);
    FOREACH verb IN ARRAY ARRAY[view_action, create_action, edit_action, delete_action] LOOP
        PERFORM clearance.require_action(feature, verb);
    END LOOP;
    IF feature = 'project' AND project IS NULL THEN
        RAISE EXCEPTION 'a table of projects needs its project column' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name the column that holds the projects'' own keys: protect(..., ''project'', project => ''id'').';
    END IF;
    shared_values := clearance.require_visibility(relation, visibility, shared_values);
    PERFORM clearance.require_bound_types(relation, client_visibility, kind, published);
    IF published IS NOT NULL THEN
        PERFORM clearance.require_action(feature, publish_action);
    END IF;
    key := clearance.require_row_key(relation, key);
    PERFORM clearance.require_key_column(relation, c.name, c.purpose)
    FROM (VALUES (project, 'project'), (account, 'account'), (owner, 'owner')) AS c (name, purpose)
    WHERE c.name IS NOT NULL;

    -- before the table is locked
    PERFORM clearance.notice_unseen(relation, feature, view_action);
    IF feature <> 'project' AND project IS NOT NULL THEN
        PERFORM clearance.notice_projects(relation, project);
    END IF;
    IF account IS NOT NULL OR client_visibility IS NOT NULL THEN
        PERFORM clearance.notice_labels(relation, account, client_visibility);
    END IF;
    IF owner IS NOT NULL THEN
        PERFORM clearance.notice_members(relation, owner);
    END IF;
    IF visibility IS NOT NULL THEN
        PERFORM clearance.notice_values(relation, visibility, shared_values);
    END IF;
    -- a link table that relate() protected becomes a table of its own
    DELETE FROM clearance.binding b WHERE b.relation = protect.relation AND b.link_only RETURNING * INTO link;
    INSERT INTO clearance.binding (id, relation, feature, key_column, project_column, visibility_column, shared_values,
        client_visibility_column, account_column, owner_column, kind_column, published_column, publish_action,
        view_action, create_action, edit_action, delete_action, force, had_rls, had_force)
    SELECT coalesce(link.id, clearance.new_binding_id()), relation, feature, key, project, visibility,
        shared_values, client_visibility, account, owner, kind, published,
        CASE WHEN published IS NOT NULL THEN publish_action END, view_action, create_action, edit_action,
        delete_action, force, coalesce(link.had_rls, c.relrowsecurity), coalesce(link.had_force, c.relforcerowsecurity)
    FROM pg_class c WHERE c.oid = relation
    RETURNING binding.id INTO id;
    PERFORM clearance.sync(id);
    PERFORM clearance.require_closed_parents(t.tab) FROM clearance.table_tree(relation) AS t (tab);
    PERFORM clearance.notice_foreign_policies(relation);
    IF feature = 'project' THEN
        PERFORM clearance.register_existing_projects(relation, project, account);
    ELSIF project IS NULL AND account IS NULL THEN
        RAISE NOTICE 'no row of % is visible until clearance.add_parent() names its parent', relation;
    END IF;
    PERFORM clearance.look_for_outlived(id);
    RETURN id;
END
$$;
REVOKE ALL ON FUNCTION clearance.protect(regclass, text, name, name, text[], clearance.by_name, name, name, name, name, name, text, name, text, text, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.protect(regclass, text, name, name, text[], clearance.by_name, name, name, name, name, name, text, name, text, text, text, text, boolean) IS
'binds a table, with its partitions and children, to a feature and enforces the rule on it from now on; returns the binding''s id';

CREATE FUNCTION clearance.require_unprotected(relation regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bound regclass;
    parent regclass;
BEGIN
    SELECT b.relation INTO bound FROM clearance.binding b
    WHERE b.id = clearance.binding_of(require_unprotected.relation)
      AND NOT (b.link_only AND b.relation = require_unprotected.relation);
    IF bound = relation THEN
        RAISE EXCEPTION '% is protected already', relation USING ERRCODE = 'duplicate_object',
            HINT = 'Call clearance.unprotect() first to declare it anew.';
    ELSIF bound IS NOT NULL THEN
        RAISE EXCEPTION '% is protected already, with its parent %', relation, bound USING ERRCODE = 'duplicate_object',
            HINT = 'Its partitions and children need no declaration of their own.';
    END IF;
    SELECT i.inhparent INTO parent FROM pg_inherits i WHERE i.inhrelid = relation LIMIT 1;
    IF parent IS NOT NULL THEN
        RAISE EXCEPTION '% is a partition or child of %', relation, parent USING ERRCODE = 'wrong_object_type',
            HINT = 'Protect the parent: its partitions and children are protected with it.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_unprotected(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_unprotected(regclass) IS 'errors if a table is protected, or is a partition or child';

CREATE FUNCTION clearance.require_visibility(relation regclass, visibility name, shared_values text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type regtype;
BEGIN
    IF visibility IS NULL THEN
        IF shared_values IS NOT NULL THEN
            RAISE EXCEPTION 'shared_values without a visibility column' USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Name the column: protect(..., visibility => ''is_private'', shared_values => ''{false}'').';
        END IF;
        RETURN NULL;
    END IF;
    type := clearance.require_label_column(relation, visibility, 'visibility');
    IF coalesce(cardinality(shared_values), 0) = 0 OR array_position(shared_values, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'which values of "%" mean shared is not said', visibility USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Pass them: shared_values => ''{false}'' for a privacy flag, ''{true}'' for a sharing flag, or the list of values.';
    END IF;
    RETURN ARRAY(SELECT clearance.canonical_value(v.value, type, 'a shared value') FROM unnest(shared_values) AS v (value));
END
$$;
REVOKE ALL ON FUNCTION clearance.require_visibility(regclass, name, text[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_visibility(regclass, name, text[]) IS 'shared values in canonical form, or an error';

CREATE FUNCTION clearance.require_bound_types(relation regclass, client_visibility name, kind name, published name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type regtype;
BEGIN
    IF client_visibility IS NOT NULL THEN
        type := clearance.require_column(relation, client_visibility, 'client visibility');
        IF type NOT IN ('text'::regtype, 'character varying'::regtype)
            AND NOT ARRAY['hidden', 'read', 'edit'] <@ ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = type) THEN
            RAISE EXCEPTION 'column "%" of type % cannot hold client visibility', client_visibility, type
                USING ERRCODE = 'datatype_mismatch', HINT = 'Use text or an enum with the values hidden, read and edit.';
        END IF;
    END IF;
    IF kind IS NOT NULL THEN
        PERFORM clearance.require_label_column(relation, kind, 'kind');
    END IF;
    IF published IS NOT NULL THEN
        type := clearance.require_column(relation, published, 'published');
        IF type NOT IN ('boolean'::regtype, 'date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN
            RAISE EXCEPTION 'column "%" of type % cannot tell when a row was published', published, type
                USING ERRCODE = 'datatype_mismatch', HINT = 'Use a boolean, date or timestamp column.';
        END IF;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_bound_types(regclass, name, name, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_bound_types(regclass, name, name, name) IS
'errors unless these columns exist and can hold what they are named for';

-- A key identifies a row: a unique index says so. Of a partitioned table it is
-- enough that one contains the key, since it must contain the partition key.
CREATE FUNCTION clearance.is_row_key(relation regclass, key name) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attname = key
        WHERE i.indrelid = relation AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
          AND (i.indkey[0] = a.attnum AND i.indnkeyatts = 1
               OR c.relkind = 'p' AND a.attnum IN (SELECT i.indkey[k] FROM generate_series(0, i.indnkeyatts - 1) AS k)));
END;
REVOKE ALL ON FUNCTION clearance.is_row_key(regclass, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_row_key(regclass, name) IS 'whether a unique index says that a column identifies a row';

CREATE FUNCTION clearance.require_row_key(relation regclass, key name) RETURNS name
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF key IS NULL THEN
        SELECT a.attname INTO key
        FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = relation AND i.indisprimary AND i.indnkeyatts = 1
          AND clearance.key_class(clearance.require_column(relation, a.attname, 'key')) IS NOT NULL;
        RETURN key;
    END IF;
    PERFORM clearance.require_key_column(relation, key, 'key');
    IF NOT clearance.is_row_key(relation, key) THEN
        RAISE EXCEPTION 'column "%" of % is not unique', key, relation USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It was named as the key column, which identifies a row.',
            HINT = 'Add a primary key or unique constraint to it.';
    END IF;
    RETURN key;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_row_key(regclass, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_row_key(regclass, name) IS
'the key column: the one named, or the primary key if that is one column of a key type';

CREATE FUNCTION clearance.add_parent(relation regclass, "column" name, parent regclass,
    type_column name DEFAULT NULL, type_value text DEFAULT NULL, optional boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    b clearance.binding;
    p clearance.binding;
BEGIN
    PERFORM clearance.declare_alone();
    b := clearance.require_binding(relation);
    p := clearance.require_binding(parent);
    IF p.key_column IS NULL THEN
        RAISE EXCEPTION '% has no key column', parent USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Unprotect it and protect it again with key => the column that its children refer to.';
    END IF;
    PERFORM clearance.require_same_class(relation, "column", clearance.require_key_column(relation, "column", 'parent'),
        parent, p.key_column, clearance.require_key_column(parent, p.key_column, 'key'));
    IF (type_column IS NULL) <> (type_value IS NULL) THEN
        RAISE EXCEPTION 'type_column and type_value go together' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: type_column => ''object_type'', type_value => ''task''.';
    ELSIF type_column IS NOT NULL THEN
        type_value := clearance.canonical_value(type_value,
            clearance.require_label_column(relation, type_column, 'type'), 'type_value');
    END IF;
    IF b.id <> p.id AND b.id = ANY (clearance.ancestors(p.id)) THEN
        RAISE EXCEPTION '% is a parent of % already', relation, parent USING ERRCODE = 'invalid_object_definition',
            DETAIL = 'Tables that are each other''s parents could never be judged.',
            HINT = 'Unprotect one of them to declare it anew.';
    END IF;
    IF EXISTS (SELECT FROM clearance.binding_parent bp WHERE bp.binding_id = b.id AND bp.column_name = "column"
               AND bp.parent_id = p.id AND bp.type_value IS NOT DISTINCT FROM add_parent.type_value) THEN
        RAISE EXCEPTION '% already names % as parent in "%"', relation, parent, "column" USING ERRCODE = 'duplicate_object',
            HINT = 'clearance.protected_tables lists the parents.';
    END IF;
    IF type_column IS NOT NULL THEN
        PERFORM clearance.notice_values(relation, type_column, ARRAY[type_value]);
        PERFORM clearance.notice_types(relation, type_column, type_value, coalesce(optional, false));
    END IF;
    PERFORM clearance.notice_parent(relation, "column", parent, p.key_column, type_column, type_value, coalesce(optional, false));
    INSERT INTO clearance.binding_parent (binding_id, column_name, parent_id, type_column, type_value, optional)
    VALUES (b.id, "column", p.id, type_column, type_value, coalesce(optional, false));
    PERFORM clearance.sync(b.id);
    PERFORM clearance.sync(p.id);
END
$$;
REVOKE ALL ON FUNCTION clearance.add_parent(regclass, name, regclass, name, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.add_parent(regclass, name, regclass, name, text, boolean) IS
'a row is visible only with the row of the parent table that its column names; with a type column, only rows of that type name this parent';

CREATE FUNCTION clearance.ancestors(binding integer) RETURNS integer[]
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE up AS (
        SELECT ancestors.binding AS id
        UNION
        SELECT p.parent_id FROM up JOIN clearance.binding_parent p ON p.binding_id = up.id
    )
    SELECT array_agg(up.id) FROM up;
END;
REVOKE ALL ON FUNCTION clearance.ancestors(integer) FROM PUBLIC;
COMMENT ON FUNCTION clearance.ancestors(integer) IS 'a binding with all its parents, and theirs';

CREATE FUNCTION clearance.relate(relation regclass, kind text, member_column name DEFAULT NULL,
    link regclass DEFAULT NULL, link_column name DEFAULT NULL, row_column name DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    b clearance.binding;
    l clearance.binding;
BEGIN
    PERFORM clearance.declare_alone();
    b := clearance.require_binding(relation);
    PERFORM clearance.require_choice('relation', kind, ARRAY['assigned', 'followed', 'invited', 'own', 'assigned_task']);
    IF link IS NULL THEN
        IF link_column IS NOT NULL OR row_column IS NOT NULL THEN
            RAISE EXCEPTION 'link_column and row_column go with a link table' USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Name it: relate(..., link => ''app.task_assignee'', link_column => ''task_id'', member_column => ''member_id'').';
        END IF;
        PERFORM clearance.require_key_column(relation, member_column, 'member', true);
    ELSE
        row_column := coalesce(row_column, b.key_column);
        IF row_column IS NULL THEN
            RAISE EXCEPTION '% has no key column to link to', relation USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Pass row_column, the column that the link table refers to.';
        END IF;
        IF member_column IS NOT NULL THEN
            PERFORM clearance.require_link_table(b, member_column, link, link_column, row_column);
        ELSE
            PERFORM clearance.require_task_link(b, kind, link, link_column, row_column);
        END IF;
    END IF;
    IF EXISTS (SELECT FROM clearance.binding_relation r
               WHERE r.binding_id = b.id AND (r.kind, r.member_column, r.link, r.link_column, r.row_column)
                   IS NOT DISTINCT FROM (kind, member_column, link, link_column, row_column)) THEN
        RAISE EXCEPTION '% is related in this way already', relation USING ERRCODE = 'duplicate_object',
            HINT = 'clearance.protected_tables lists the relations.';
    END IF;
    IF member_column IS NOT NULL THEN
        PERFORM clearance.notice_members(coalesce(link, relation), member_column);
    END IF;
    INSERT INTO clearance.binding_relation (binding_id, kind, member_column, link, link_column, row_column)
    VALUES (b.id, kind, member_column, link, link_column, row_column);
    PERFORM clearance.sync(b.id);

    IF link IS NOT NULL THEN
        SELECT * INTO l FROM clearance.binding x WHERE x.relation = link;
        IF NOT FOUND THEN
            INSERT INTO clearance.binding (relation, feature, link_only, had_rls, had_force)
            SELECT link, b.feature, true, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c WHERE c.oid = link
            RETURNING * INTO l;
        END IF;
        PERFORM clearance.sync(l.id);
        PERFORM clearance.require_closed_parents(t.tab) FROM clearance.table_tree(link) AS t (tab);
        PERFORM clearance.notice_foreign_policies(link);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.relate(regclass, text, name, regclass, name, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.relate(regclass, text, name, regclass, name, name) IS
'says how members are related to rows: by a column or array column of the table, by a link table (protected with it), or, for assigned_task, through a protected table of tasks; several of one kind add up';

CREATE FUNCTION clearance.require_link_table(b clearance.binding, member_column name, link regclass,
    link_column name, row_column name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_table(link);
    PERFORM clearance.require_key_column(link, member_column, 'member', true);
    PERFORM clearance.require_same_class(link, link_column, clearance.require_key_column(link, link_column, 'link'),
        b.relation, row_column, clearance.require_key_column(b.relation, row_column, 'row'));
    IF link = b.relation THEN
        RAISE EXCEPTION '% cannot be its own link table', link USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Pass member_column alone for a column of the table itself.';
    END IF;
    IF row_column IS DISTINCT FROM b.key_column
        AND NOT EXISTS (SELECT FROM clearance.binding x WHERE x.relation = link AND NOT x.link_only) THEN
        RAISE EXCEPTION '% links to "%", which is not the key of %', link, row_column, b.relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'Its rows belong to no single row, so it cannot be protected with one.',
            HINT = 'Protect it first with clearance.protect().';
    END IF;
    IF clearance.binding_of(link) IS NOT NULL
        AND NOT EXISTS (SELECT FROM clearance.binding x WHERE x.relation = link) THEN
        PERFORM clearance.require_unprotected(link);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_link_table(clearance.binding, name, regclass, name, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_link_table(clearance.binding, name, regclass, name, name) IS
'errors unless a table can link members to rows of a binding';

CREATE FUNCTION clearance.require_task_link(b clearance.binding, kind text, link regclass,
    link_column name, row_column name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    task clearance.binding := clearance.require_binding(link);
    task_column name := coalesce(link_column, task.key_column);
BEGIN
    IF kind <> 'assigned_task' THEN
        RAISE EXCEPTION 'the % relation needs a member column', kind USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Only assigned_task goes through another protected table.';
    END IF;
    IF NOT EXISTS (SELECT FROM clearance.binding_relation r
                   WHERE r.binding_id = task.id AND r.kind = 'assigned' AND r.member_column IS NOT NULL) THEN
        RAISE EXCEPTION '% has no assignees', link USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Declare them first: clearance.relate(..., ''assigned'', ...).';
    END IF;
    PERFORM clearance.require_same_class(b.relation, row_column, clearance.require_key_column(b.relation, row_column, 'row'),
        link, task_column, clearance.require_key_column(link, task_column, 'link'));
END
$$;
REVOKE ALL ON FUNCTION clearance.require_task_link(clearance.binding, text, regclass, name, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_task_link(clearance.binding, text, regclass, name, name) IS
'errors unless rows of a binding can belong to assigned rows of another protected table';

CREATE FUNCTION clearance.guard_column(relation regclass, "column" name, action text,
    feature text DEFAULT NULL, new_value text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    b clearance.binding;
BEGIN
    PERFORM clearance.declare_alone();
    b := clearance.require_binding(relation);
    PERFORM clearance.require_column(relation, "column", 'guarded', true);
    feature := coalesce(feature, b.feature);
    PERFORM clearance.require_action(feature, action);
    IF b.link_only THEN
        RAISE EXCEPTION '% is a link table', relation USING ERRCODE = 'wrong_object_type',
            HINT = 'Writing it is guarded by the relation that it gives.';
    END IF;
    IF new_value IS NOT NULL THEN
        new_value := clearance.canonical_value(new_value,
            clearance.require_label_column(relation, "column", 'guarded'), 'the guarded value');
    END IF;
    IF EXISTS (SELECT FROM clearance.binding_guard g WHERE g.binding_id = b.id AND g.column_name = "column"
               AND g.new_value IS NOT DISTINCT FROM guard_column.new_value) THEN
        RAISE EXCEPTION 'column "%" of % is guarded already', "column", relation USING ERRCODE = 'duplicate_object',
            HINT = 'clearance.protected_tables lists the guards.';
    END IF;
    IF new_value IS NOT NULL THEN
        PERFORM clearance.notice_values(relation, "column", ARRAY[new_value]);
    END IF;
    INSERT INTO clearance.binding_guard (binding_id, column_name, feature, action, new_value)
    VALUES (b.id, "column", feature, action, new_value);
    PERFORM clearance.sync(b.id);
END
$$;
REVOKE ALL ON FUNCTION clearance.guard_column(regclass, name, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.guard_column(regclass, name, text, text, text) IS
'a change of the column needs this action instead of edit; with new_value, a change to that value';

CREATE FUNCTION clearance.repair(relation regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bound integer;
BEGIN
    PERFORM clearance.declare_alone();
    bound := clearance.binding_of(relation);
    IF bound IS NULL THEN
        PERFORM clearance.require_binding(relation);
    END IF;
    PERFORM clearance.sync(bound);
    PERFORM clearance.look_for_outlived(bound);
END
$$;
REVOKE ALL ON FUNCTION clearance.repair(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.repair(regclass) IS
'makes policies and triggers of a protected table, its partitions and children anew, as it was declared, and looks whether its foreign keys to projects hold';

CREATE FUNCTION clearance.unprotect(relation regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET clearance.maintaining = on
AS $$
DECLARE
    b clearance.binding;
    tab regclass;
    other regclass;
    links regclass[];
    l clearance.binding;
BEGIN
    PERFORM clearance.declare_alone();
    -- policies that came without their declaration: in a copy, or with a partition that was detached
    IF clearance.binding_of(relation) IS NULL AND EXISTS (SELECT FROM pg_policy p
        WHERE p.polrelid = relation AND clearance.calls_rule(p.polrelid, p.polname)) THEN
        PERFORM clearance.drop_policies(relation);
        PERFORM clearance.drop_triggers(relation);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', relation);
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', relation);
        RETURN;
    END IF;
    b := clearance.require_binding(relation);
    links := ARRAY(SELECT DISTINCT r.link FROM clearance.binding_relation r
                   WHERE r.binding_id = b.id AND r.link IS NOT NULL);
    SELECT x.relation INTO other
    FROM clearance.binding x
    WHERE x.id <> b.id
      AND (EXISTS (SELECT FROM clearance.binding_parent p WHERE p.binding_id = x.id AND p.parent_id = b.id)
           OR EXISTS (SELECT FROM clearance.binding_relation r WHERE r.binding_id = x.id AND r.link = b.relation));
    IF other IS NOT NULL THEN
        RAISE EXCEPTION '% still depends on %', other, relation USING ERRCODE = 'dependent_objects_still_exist',
            DETAIL = 'It names the table as parent or link table.',
            HINT = format('Call clearance.unprotect(%L) first.', other);
    END IF;
    DELETE FROM clearance.binding x WHERE x.id = b.id;
    DELETE FROM clearance.protected_name n WHERE n.relation = b.relation;
    FOR tab IN SELECT clearance.table_tree(b.relation) LOOP
        PERFORM clearance.drop_policies(tab);
        PERFORM clearance.drop_triggers(tab);
        IF NOT b.had_rls THEN
            EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', tab);
        END IF;
        IF NOT b.had_force THEN
            EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', tab);
        END IF;
    END LOOP;
    IF b.feature = 'project' THEN
        PERFORM clearance.keep_projects();
    END IF;
    -- a link table goes with the last relation that it serves
    FOR l IN SELECT x.* FROM clearance.binding x WHERE x.relation = ANY (links) LOOP
        IF l.link_only AND NOT EXISTS (SELECT FROM clearance.binding_relation r WHERE r.link = l.relation) THEN
            PERFORM clearance.unprotect(l.relation);
        ELSE
            PERFORM clearance.sync(l.id);
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.unprotect(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.unprotect(regclass) IS
'ends the protection of a table and of the link tables that served it alone; row security is left as protect() found it';

CREATE VIEW clearance.protected_tables AS
SELECT b.relation AS "table", b.feature, b.id AS binding,
       CASE WHEN b.link_only THEN 'link table' ELSE 'table' END AS role,
       b.project_column AS project, b.key_column AS key, b.visibility_column AS visibility, b.shared_values,
       b.client_visibility_column AS client_visibility, b.account_column AS account, b.owner_column AS owner,
       b.kind_column AS kind, b.published_column AS published,
       ARRAY(SELECT format('%s: %s', r.kind,
                 CASE WHEN r.link IS NULL THEN r.member_column::text
                      WHEN r.member_column IS NULL THEN format('%s = %s.%s', r.row_column, r.link, coalesce(r.link_column, 'key'))
                      ELSE format('%s.%s', r.link, r.member_column) END)
             FROM clearance.binding_relation r WHERE r.binding_id = b.id ORDER BY r.kind, r.id) AS relations,
       ARRAY(SELECT format('%s → %s%s%s', p.column_name, x.relation,
                 CASE WHEN p.type_value IS NOT NULL THEN format(' if %s = %s', p.type_column, p.type_value) ELSE '' END,
                 CASE WHEN p.optional THEN ' (optional)' ELSE '' END)
             FROM clearance.binding_parent p JOIN clearance.binding x ON x.id = p.parent_id
             WHERE p.binding_id = b.id ORDER BY p.id) AS parents,
       ARRAY(SELECT format('%s%s: %s.%s', g.column_name,
                 CASE WHEN g.new_value IS NOT NULL THEN ' to ' || g.new_value ELSE '' END, g.feature, g.action)
             FROM clearance.binding_guard g WHERE g.binding_id = b.id ORDER BY g.column_name, g.new_value) AS guards,
       coalesce(clearance.is_enforced(b.relation, b), false) AS enforced
FROM clearance.binding b;
REVOKE ALL ON clearance.protected_tables FROM PUBLIC;
COMMENT ON VIEW clearance.protected_tables IS 'protected tables: what their columns mean, and whether row security enforces it';

-- ---------------------------------------------------------------------------
-- Protection stays in place while tables are altered
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.refuse_ddl() RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_refuse_ddl';
REVOKE ALL ON FUNCTION clearance.refuse_ddl() FROM PUBLIC;
COMMENT ON FUNCTION clearance.refuse_ddl() IS 'event trigger: row security and triggers of protected tables are not switched off';

CREATE EVENT TRIGGER clearance_refuse_ddl ON ddl_command_start WHEN TAG IN ('ALTER TABLE', 'ALTER TRIGGER', 'CREATE TRIGGER')
    EXECUTE FUNCTION clearance.refuse_ddl();

CREATE FUNCTION clearance.protect_new_tables() RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_protect_new_tables';
REVOKE ALL ON FUNCTION clearance.protect_new_tables() FROM PUBLIC;
COMMENT ON FUNCTION clearance.protect_new_tables() IS 'event trigger: partitions and children that come later are protected with their parent';

CREATE EVENT TRIGGER clearance_protect_new_tables ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE SCHEMA', 'ALTER TABLE')
    EXECUTE FUNCTION clearance.protect_new_tables();

-- Make the policies of one table anew: with seals where it needs them.
CREATE FUNCTION clearance.renew_policies(tab regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET clearance.maintaining = on
AS $$
DECLARE
    b clearance.binding;
BEGIN
    SELECT * INTO b FROM clearance.binding x WHERE x.id = clearance.binding_of(tab);
    PERFORM clearance.drop_policies(tab);
    PERFORM clearance.create_policies(tab, b);
END
$$;
REVOKE ALL ON FUNCTION clearance.renew_policies(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.renew_policies(regclass) IS 'makes the policies of one table anew';

-- Policies and triggers under the extension's names are its own, in all they
-- say; beside somebody else's permissive policy the table is sealed (not while
-- a restore has yet to make its policies).
CREATE FUNCTION clearance.follow_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    command record;
    b clearance.binding;
BEGIN
    IF clearance.is_maintaining() THEN
        RETURN;
    END IF;
    FOR command IN
        SELECT DISTINCT coalesce(p.polrelid, t.tgrelid)::regclass AS tab, p.polname AS policy, t.tgname AS trig
        FROM pg_event_trigger_ddl_commands() d
        LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
        LEFT JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
        WHERE p.oid IS NOT NULL OR clearance.is_trigger_name(t.tgname)
    LOOP
        SELECT * INTO b FROM clearance.binding x WHERE x.id = clearance.binding_of(command.tab);
        CONTINUE WHEN NOT FOUND;
        IF command.policy IS NOT NULL THEN
            PERFORM clearance.follow_policy(command.tab, b, command.policy);
        ELSE
            PERFORM clearance.require_own_trigger(command.tab, b, command.trig);
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_ddl() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_ddl() IS
'event trigger: keeps the extension''s policies and triggers as they are, seals tables beside policies of others';

CREATE FUNCTION clearance.follow_policy(tab regclass, b clearance.binding, policy name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF clearance.is_own_policy(tab, policy, b.id, b.columns::text[]) THEN
        RETURN;
    ELSIF clearance.is_policy_name(policy) OR clearance.calls_rule(tab, policy) THEN
        RAISE EXCEPTION 'cannot make or alter policy % of %: the table is protected', policy, tab
            USING ERRCODE = 'object_in_use',
            DETAIL = 'Policies that ask the rule, and their names, are the extension''s alone.',
            HINT = 'Use clearance.unprotect() to end its protection.';
    END IF;
    PERFORM clearance.renew_policies(tab)
    WHERE clearance.policy_columns(tab, b.id) IS NOT NULL
      AND clearance.foreign_policy(tab, b) IS NOT NULL AND NOT clearance.is_sealed(tab, b);
    PERFORM clearance.notice_foreign_policies(tab, policy);
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_policy(regclass, clearance.binding, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_policy(regclass, clearance.binding, name) IS
'a policy was made or altered: if it is somebody else''s, the table is sealed; if it only looks like one of the extension''s, an error';

CREATE EVENT TRIGGER clearance_follow_ddl ON ddl_command_end
    WHEN TAG IN ('CREATE POLICY', 'ALTER POLICY', 'CREATE TRIGGER', 'ALTER TRIGGER')
    EXECUTE FUNCTION clearance.follow_ddl();

-- Policies and triggers of a protected table go with its protection only, and
-- the binding goes with its table.
CREATE FUNCTION clearance.follow_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dropped record;
    bound clearance.binding;
    gone integer[];
    other regclass;
BEGIN
    IF clearance.is_maintaining() THEN
        RETURN;
    END IF;
    FOR dropped IN
        SELECT d.object_type, d.address_names[3] AS name,
               to_regclass(format('%I.%I', d.address_names[1], d.address_names[2])) AS relation
        FROM pg_event_trigger_dropped_objects() d
        WHERE d.object_type = 'policy'
           OR (d.object_type = 'trigger' AND clearance.is_trigger_name(d.address_names[3]::name))
    LOOP
        SELECT * INTO bound FROM clearance.binding x WHERE x.id = clearance.binding_of(dropped.relation);
        CONTINUE WHEN NOT FOUND;
        IF dropped.object_type = 'policy' AND NOT clearance.is_policy_name(dropped.name) THEN
            PERFORM clearance.renew_policies(dropped.relation)
            WHERE clearance.policy_columns(dropped.relation, bound.id) IS NOT NULL
              AND clearance.foreign_policy(dropped.relation, bound) IS NULL AND clearance.is_sealed(dropped.relation, bound);
        ELSE
            RAISE EXCEPTION 'cannot drop % % of %: the table is protected', dropped.object_type, dropped.name, dropped.relation
                USING ERRCODE = 'object_in_use',
                DETAIL = 'A bound column cannot be dropped either, since a policy uses it.',
                HINT = 'Use clearance.unprotect() to end its protection.';
        END IF;
    END LOOP;

    gone := ARRAY(SELECT b.id FROM clearance.binding b
                  JOIN pg_event_trigger_dropped_objects() d ON d.classid = 'pg_class'::regclass
                      AND d.objid = b.relation AND d.objsubid = 0);
    IF gone = '{}' THEN
        RETURN;
    END IF;
    SELECT x.relation INTO other FROM clearance.binding x
    WHERE x.id <> ALL (gone)
      AND (EXISTS (SELECT FROM clearance.binding_parent p WHERE p.binding_id = x.id AND p.parent_id = ANY (gone))
           OR EXISTS (SELECT FROM clearance.binding_relation r JOIN clearance.binding l ON l.relation = r.link
                      WHERE r.binding_id = x.id AND l.id = ANY (gone)));
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'cannot drop a table on which protected table % depends', other
            USING ERRCODE = 'dependent_objects_still_exist',
            DETAIL = 'It is named as parent or link table.',
            HINT = format('Call clearance.unprotect(%L) first.', other);
    END IF;
    DELETE FROM clearance.binding_parent p WHERE p.binding_id = ANY (gone);
    DELETE FROM clearance.binding b WHERE b.id = ANY (gone);
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_drop() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_drop() IS
'event trigger: policies and triggers of protected tables stay; bindings go with their tables';

CREATE EVENT TRIGGER clearance_follow_drop ON sql_drop
    EXECUTE FUNCTION clearance.follow_drop();

-- ---------------------------------------------------------------------------
-- Tables that look protected and are not: copies, and tables that take the name
-- of a protected one. They are what their owners make of them; who makes them
-- hears what is open.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.warn_of_copies() RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_warn_of_copies';
REVOKE ALL ON FUNCTION clearance.warn_of_copies() FROM PUBLIC;
COMMENT ON FUNCTION clearance.warn_of_copies() IS 'event trigger: tells of copies of protected tables, which are open';

CREATE EVENT TRIGGER clearance_warn_of_copies ON ddl_command_start
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'CREATE SCHEMA', 'SELECT INTO', 'CREATE MATERIALIZED VIEW')
    EXECUTE FUNCTION clearance.warn_of_copies();

-- Unprotected tables that have the name of one that is, or was, protected.
CREATE FUNCTION clearance.lookalikes(OUT tab regclass, OUT original regclass) RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.oid::regclass, n.relation
    FROM clearance.protected_name n JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(n.name)
    WHERE c.oid <> n.relation AND c.relkind IN ('r', 'p', 'f', 'm') AND clearance.binding_of(c.oid) IS NULL
    ORDER BY n.name;
END;
REVOKE ALL ON FUNCTION clearance.lookalikes() FROM PUBLIC;
COMMENT ON FUNCTION clearance.lookalikes() IS
'tables that are not protected but have the name of one that is, or was; original: that one';

-- A link table of that name is no leak by itself: links are read from the table that was declared.
CREATE FUNCTION clearance.warn_of_lookalike(tab regclass, original regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    message text := format('table %s is not protected, but has the name of one that was', tab);
    detail text := CASE WHEN EXISTS (SELECT FROM pg_class c WHERE c.oid = original)
                        THEN format('The protected table is now %s.', original) ELSE 'The protected table was dropped.' END;
    hint text := format('If it takes that table''s place, protect it: clearance.protect(%L, …).', tab);
BEGIN
    IF EXISTS (SELECT FROM clearance.binding b WHERE b.relation = original AND b.link_only) THEN
        RAISE NOTICE USING MESSAGE = message, DETAIL = detail, HINT = hint;
    ELSE
        RAISE WARNING USING MESSAGE = message, DETAIL = detail, HINT = hint;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.warn_of_lookalike(regclass, regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.warn_of_lookalike(regclass, regclass) IS 'warns of a table that is open under the name of a protected one';

CREATE FUNCTION clearance.follow_names() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    touched oid[];
BEGIN
    IF clearance.is_maintaining() THEN
        RETURN;
    END IF;
    touched := ARRAY(SELECT c.oid FROM pg_event_trigger_ddl_commands() d
                     JOIN pg_class c ON (d.classid = 'pg_class'::regclass AND c.oid = d.objid)
                         OR (d.classid = 'pg_namespace'::regclass AND c.relnamespace = d.objid));
    PERFORM clearance.note_name(b.relation) FROM clearance.binding b WHERE b.relation = ANY (touched);
    PERFORM clearance.warn_of_lookalike(l.tab, l.original) FROM clearance.lookalikes() l WHERE l.tab = ANY (touched);
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_names() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_names() IS
'event trigger: knows protected tables by all their names, and tells of others that take one';

CREATE EVENT TRIGGER clearance_follow_names ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'CREATE SCHEMA', 'SELECT INTO', 'CREATE MATERIALIZED VIEW',
                 'CREATE FOREIGN TABLE', 'IMPORT FOREIGN SCHEMA',
                 'ALTER TABLE', 'ALTER VIEW', 'ALTER INDEX', 'ALTER MATERIALIZED VIEW', 'ALTER FOREIGN TABLE', 'ALTER SCHEMA')
    EXECUTE FUNCTION clearance.follow_names();

CREATE FUNCTION clearance.follow_dropped_names() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.warn_of_lookalike(l.tab, l.original) FROM clearance.lookalikes() l
    WHERE l.original IN (SELECT d.objid FROM pg_event_trigger_dropped_objects() d WHERE d.classid = 'pg_class'::regclass);
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_dropped_names() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_dropped_names() IS
'event trigger: tells of a table that has the name of a protected one that is dropped';

CREATE EVENT TRIGGER clearance_follow_dropped_names ON sql_drop
    WHEN TAG IN ('DROP TABLE', 'DROP SCHEMA', 'DROP OWNED')
    EXECUTE FUNCTION clearance.follow_dropped_names();
-- ---------------------------------------------------------------------------
-- Mirrors: membership that the application keeps in tables of its own is
-- followed by triggers, in the transaction that changes it.
--
-- Each row of a mirrored table is a source of its own, named after its primary
-- key: rows come and go one by one, whoever else says the same membership. Rows
-- that name a project or member not known yet count as soon as it is; whoever
-- writes such rows, and whoever makes members and projects, wait for each other
-- by locks on the table of mirrors.
-- ---------------------------------------------------------------------------

-- The columns in the order in which the trigger watches them; it, unlike the
-- table of mirrors, follows renamed columns by itself.
CREATE FUNCTION clearance.mirrored_columns(m clearance.mirror) RETURNS name[]
LANGUAGE sql IMMUTABLE
RETURN ARRAY(SELECT c.name FROM unnest(m.key_columns || m.project_column || m.member_column
                                       || m.level_column || m.starts_column || m.ends_column) WITH ORDINALITY AS c (name, i)
             WHERE c.name IS NOT NULL GROUP BY c.name ORDER BY min(c.i));
REVOKE ALL ON FUNCTION clearance.mirrored_columns(clearance.mirror) FROM PUBLIC;
COMMENT ON FUNCTION clearance.mirrored_columns(clearance.mirror) IS 'internal: the columns of a table that its mirror reads';

CREATE FUNCTION clearance.moment(value "any") RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_moment';
REVOKE ALL ON FUNCTION clearance.moment("any") FROM PUBLIC;
COMMENT ON FUNCTION clearance.moment("any") IS
'internal: when a date or time of the application is; without zone, in that of clearance.time_zone';

-- What is read of a row: its primary key, then what it says of a membership.
CREATE FUNCTION clearance.mirror_columns(m clearance.mirror) RETURNS name[]
LANGUAGE sql IMMUTABLE
RETURN m.key_columns || ARRAY[m.project_column, m.member_column, m.level_column, m.starts_column, m.ends_column];
REVOKE ALL ON FUNCTION clearance.mirror_columns(clearance.mirror) FROM PUBLIC;
COMMENT ON FUNCTION clearance.mirror_columns(clearance.mirror) IS
'internal: the columns whose values write_mirrored() takes, NULL for those that a mirror does not name';

CREATE FUNCTION clearance.mirror_source(m clearance.mirror, "row" text[]) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN format('mirror:%s:%s', m.id, "row"[1:cardinality(m.key_columns)]);
REVOKE ALL ON FUNCTION clearance.mirror_source(clearance.mirror, text[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.mirror_source(clearance.mirror, text[]) IS 'internal: the source that a row of a mirrored table is';

-- A row that never starts, or ended before all time, says nothing.
CREATE FUNCTION clearance.write_mirrored(m clearance.mirror, "row" text[],
    project bigint DEFAULT NULL, member bigint DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    n integer := cardinality(m.key_columns);
BEGIN
    INSERT INTO clearance.project_member
        (account_id, project_id, member_id, source, through_phase, level_id, starts_at, ends_at, partner_id, customer_id)
    SELECT p.account_id, p.id, x.id, clearance.mirror_source(m, "row"), m.through_phase,
           clearance.changed_level(NULL, "row"[n + 3], x.kind),
           t.starts_at, t.ends_at,
           CASE WHEN h.is_on THEN x.partner_id END, CASE WHEN h.is_on THEN x.customer_id END
    FROM clearance.project p JOIN clearance.member x ON x.account_id = p.account_id AND x.key = "row"[n + 2]
    CROSS JOIN LATERAL (SELECT coalesce("row"[n + 4]::timestamptz, '-infinity') AS starts_at,
                               coalesce("row"[n + 5]::timestamptz, 'infinity') AS ends_at) t
    CROSS JOIN LATERAL (SELECT clearance.hold_company_on(p.*, x.*) AS is_on) h
    WHERE t.starts_at < 'infinity' AND t.ends_at > '-infinity' AND p.key = "row"[n + 1]
      AND p.id = coalesce(write_mirrored.project, p.id) AND x.id = coalesce(write_mirrored.member, x.id);
    RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION clearance.write_mirrored(clearance.mirror, text[], bigint, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.write_mirrored(clearance.mirror, text[], bigint, bigint) IS
'internal: writes the membership that a row says, where project and member are known, and are these if they are named';

CREATE FUNCTION clearance.follow_membership() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.mirror;
BEGIN
    SELECT * INTO m FROM clearance.mirror t WHERE t.relation = TG_RELID;
    IF NOT FOUND OR TG_NAME NOT IN ('clearance_mirror', 'clearance_mirror_truncate') OR TG_WHEN <> 'AFTER' THEN
        RAISE EXCEPTION 'trigger % of % is none of a mirrored table', TG_NAME, TG_RELID::regclass
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'clearance.mirror_membership() creates this trigger; drop it here.';
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM clearance.project_member pm WHERE starts_with(pm.source, format('mirror:%s:', m.id));
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM clearance.project_member pm
        WHERE pm.source = clearance.mirror_source(m, clearance.values_of(OLD, m.key_columns));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        IF NOT clearance.write_mirrored(m, clearance.values_of(NEW, clearance.mirror_columns(m))) THEN
            LOCK TABLE clearance.mirror IN SHARE MODE;
            PERFORM clearance.write_mirrored(m, clearance.values_of(NEW, clearance.mirror_columns(m)));
        END IF;
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_membership() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_membership() IS 'trigger of mirrored tables: memberships follow their rows';

-- Triggers of a table that is being restored come last: until then what the
-- dump holds of memberships is enough.
CREATE FUNCTION clearance.follow_new_key() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.mirror;
    is_member boolean := TG_ARGV[0] = 'member_id';
BEGIN
    IF TG_TABLE_SCHEMA <> 'clearance' OR TG_TABLE_NAME || '_id' <> TG_ARGV[0] OR TG_WHEN <> 'AFTER' THEN
        RAISE EXCEPTION 'trigger % of % is none of the extension''s', TG_NAME, TG_RELID::regclass
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Drop it.';
    END IF;
    LOCK TABLE clearance.mirror IN ROW EXCLUSIVE MODE;
    FOR m IN
        SELECT t.* FROM clearance.mirror t
        WHERE EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.relation AND g.tgname = 'clearance_mirror')
        ORDER BY t.id
    LOOP
        IF TG_OP = 'UPDATE' THEN
            DELETE FROM clearance.project_member pm
            WHERE CASE WHEN is_member THEN pm.member_id ELSE pm.project_id END = NEW.id
              AND starts_with(pm.source, format('mirror:%s:', m.id));
        END IF;
        PERFORM clearance.write_mirrored(m, t."row", project => CASE WHEN NOT is_member THEN NEW.id END,
                                         member => CASE WHEN is_member THEN NEW.id END)
        FROM clearance.table_rows(m.relation, clearance.mirror_columns(m),
                                  CASE WHEN is_member THEN m.member_column ELSE m.project_column END,
                                  ARRAY[NEW.key]) AS t ("row");
    END LOOP;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_new_key() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_new_key() IS
'trigger: what mirrored tables say of a project or member counts once its key is known';

CREATE TRIGGER clearance_follow_new_key AFTER INSERT OR UPDATE OF key ON clearance.member
    FOR EACH ROW WHEN (NEW.key IS NOT NULL) EXECUTE FUNCTION clearance.follow_new_key('member_id');
CREATE TRIGGER clearance_follow_new_key AFTER INSERT OR UPDATE OF key ON clearance.project
    FOR EACH ROW EXECUTE FUNCTION clearance.follow_new_key('project_id');

-- ---------------------------------------------------------------------------
-- Declaring them
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.require_mirror_columns(m clearance.mirror) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    "column" name;
BEGIN
    FOREACH "column" IN ARRAY m.key_columns LOOP
        PERFORM clearance.require_key_column(m.relation, "column", 'primary key');
    END LOOP;
    PERFORM clearance.require_key_column(m.relation, m.project_column, 'project'),
            clearance.require_key_column(m.relation, m.member_column, 'member');
    IF m.level_column IS NOT NULL THEN
        IF clearance.key_class(clearance.require_column(m.relation, m.level_column, 'level')) IS DISTINCT FROM 'text' THEN
            RAISE EXCEPTION 'column "%" of % holds no names of levels', m.level_column, m.relation USING ERRCODE = 'datatype_mismatch',
                HINT = 'Use a column of type text or varchar.';
        END IF;
    END IF;
    FOREACH "column" IN ARRAY array_remove(ARRAY[m.starts_column, m.ends_column], NULL) LOOP
        IF clearance.require_column(m.relation, "column", 'time')
               NOT IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) THEN
            RAISE EXCEPTION 'column "%" of % holds no times', "column", m.relation USING ERRCODE = 'datatype_mismatch',
                HINT = 'Use a timestamp with or without time zone, or a date.';
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_mirror_columns(clearance.mirror) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_mirror_columns(clearance.mirror) IS
'internal: refuses columns that cannot say a membership';

CREATE FUNCTION clearance.mirror_membership(
    relation regclass,
    project name,
    member name,
    access_level name DEFAULT NULL,
    starts_at name DEFAULT NULL,
    ends_at name DEFAULT NULL,
    through_phase boolean DEFAULT false
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.mirror;
BEGIN
    PERFORM clearance.require_given('through_phase', through_phase::text);
    IF relation IS NULL THEN
        RAISE EXCEPTION 'the table is null' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = relation AND c.relkind = 'r' AND c.relpersistence = 'p')
        OR EXISTS (SELECT FROM pg_inherits i WHERE relation IN (i.inhrelid, i.inhparent)) THEN
        RAISE EXCEPTION '% cannot be mirrored', relation USING ERRCODE = 'wrong_object_type',
            HINT = 'Mirrored tables are ordinary, permanent ones without partitions or children.';
    ELSIF EXISTS (SELECT FROM clearance.mirror t WHERE t.relation = mirror_membership.relation) THEN
        RAISE EXCEPTION '% is mirrored already', relation USING ERRCODE = 'duplicate_object',
            HINT = 'Call clearance.unmirror_membership() first.';
    END IF;
    m.relation := relation;
    m.key_columns := ARRAY(SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (num, i)
                           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
                           WHERE i.indrelid = relation AND i.indisprimary AND k.i <= i.indnkeyatts ORDER BY k.i);
    m.project_column := project;
    m.member_column := member;
    m.level_column := access_level;
    m.starts_column := starts_at;
    m.ends_column := ends_at;
    m.through_phase := through_phase;
    IF m.key_columns = '{}' THEN
        RAISE EXCEPTION '% has no primary key', relation USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'It tells the rows apart that say the same membership.';
    END IF;
    PERFORM clearance.require_mirror_columns(m);

    LOCK TABLE clearance.mirror IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO clearance.mirror AS t
        (relation, key_columns, project_column, member_column, level_column, starts_column, ends_column, through_phase)
    VALUES (m.relation, m.key_columns, m.project_column, m.member_column, m.level_column, m.starts_column, m.ends_column, m.through_phase)
    RETURNING t.* INTO m;
    -- creating a trigger keeps writers out until commit, so the rows below are all there are
    EXECUTE format('CREATE TRIGGER clearance_mirror AFTER INSERT OR DELETE OR UPDATE OF %s ON %s
                    FOR EACH ROW EXECUTE FUNCTION clearance.follow_membership()',
                   (SELECT string_agg(quote_ident(c), ', ') FROM unnest(clearance.mirrored_columns(m)) c), relation);
    EXECUTE format('CREATE TRIGGER clearance_mirror_truncate AFTER TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION clearance.follow_membership()', relation);
    PERFORM clearance.write_mirrored(m, t."row")
    FROM clearance.table_rows(m.relation, clearance.mirror_columns(m)) AS t ("row");
    RETURN m.id;
END
$$;
REVOKE ALL ON FUNCTION clearance.mirror_membership(regclass, name, name, name, name, name, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.mirror_membership(regclass, name, name, name, name, name, boolean) IS
'from now on a table of the application says who is on which project, besides what else says so; access_level: column with names of levels';

CREATE FUNCTION clearance.unmirror_membership(relation regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mirror_id integer;
BEGIN
    DELETE FROM clearance.mirror t WHERE t.relation = unmirror_membership.relation RETURNING t.id INTO mirror_id;
    IF mirror_id IS NULL THEN
        RAISE EXCEPTION '% is not mirrored', coalesce(relation::text, 'the table') USING ERRCODE = 'undefined_object',
            HINT = 'Table clearance.mirror lists the mirrored tables.';
    END IF;
    EXECUTE format('DROP TRIGGER IF EXISTS clearance_mirror ON %s', relation);
    EXECUTE format('DROP TRIGGER IF EXISTS clearance_mirror_truncate ON %s', relation);
    DELETE FROM clearance.project_member pm WHERE starts_with(pm.source, format('mirror:%s:', mirror_id));
END
$$;
REVOKE ALL ON FUNCTION clearance.unmirror_membership(regclass) FROM PUBLIC;
COMMENT ON FUNCTION clearance.unmirror_membership(regclass) IS
'ends mirror_membership(): what the table says counts no more';

-- ---------------------------------------------------------------------------
-- Tables are altered and dropped
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.follow_mirrored_columns() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    renamed record;
    m clearance.mirror;
    known name[];
    watched name[];
BEGIN
    FOR renamed IN
        SELECT t AS mirror, ARRAY(SELECT a.attname FROM unnest(g.tgattr) WITH ORDINALITY AS k (num, i)
                        JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum = k.num ORDER BY k.i) AS watched
        FROM clearance.mirror t JOIN pg_trigger g ON g.tgrelid = t.relation AND g.tgname = 'clearance_mirror'
    LOOP
        m := renamed.mirror;
        known := clearance.mirrored_columns(m);
        watched := renamed.watched;
        CONTINUE WHEN known = watched;
        UPDATE clearance.mirror t SET
            key_columns = ARRAY(SELECT watched[array_position(known, k.name)] FROM unnest(m.key_columns) WITH ORDINALITY AS k (name, i) ORDER BY k.i),
            project_column = watched[array_position(known, m.project_column)],
            member_column = watched[array_position(known, m.member_column)],
            level_column = watched[array_position(known, m.level_column)],
            starts_column = watched[array_position(known, m.starts_column)],
            ends_column = watched[array_position(known, m.ends_column)]
        WHERE t.id = m.id;
        PERFORM clearance.require_mirror_columns(t) FROM clearance.mirror t WHERE t.id = m.id;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_mirrored_columns() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_mirrored_columns() IS 'mirrors know renamed columns by their new names, which their triggers know';

CREATE FUNCTION clearance.follow_mirror_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept regclass;
BEGIN
    SELECT t.relation INTO kept
    FROM pg_event_trigger_dropped_objects() d
    JOIN clearance.mirror t ON t.relation = to_regclass(format('%I.%I', d.address_names[1], d.address_names[2]))
    WHERE d.object_type = 'trigger' AND d.address_names[3] IN ('clearance_mirror', 'clearance_mirror_truncate');
    IF FOUND THEN
        RAISE EXCEPTION 'cannot drop what follows %: the table is mirrored', kept USING ERRCODE = 'object_in_use',
            DETAIL = 'Its triggers keep memberships as its rows say; they use its columns.',
            HINT = 'Use clearance.unmirror_membership() to end that.';
    END IF;
    WITH gone AS (
        DELETE FROM clearance.mirror t USING pg_event_trigger_dropped_objects() d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = t.relation AND d.objsubid = 0
        RETURNING t.id
    )
    DELETE FROM clearance.project_member pm USING gone WHERE starts_with(pm.source, format('mirror:%s:', gone.id));
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_mirror_drop() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_mirror_drop() IS 'event trigger: mirrors stay while their tables do, and go with them';

CREATE EVENT TRIGGER clearance_follow_mirror_drop ON sql_drop
    EXECUTE FUNCTION clearance.follow_mirror_drop();
-- ---------------------------------------------------------------------------
-- Declarations mean columns and labels, not their names: they follow what is
-- renamed, or the command is refused where it is not certain what they mean
-- then. Tables, schemas, types and roles they know by identity.
-- ---------------------------------------------------------------------------

-- Policies know their columns by number; a binding, by name.
CREATE FUNCTION clearance.follow_bound_columns(binding integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
    present text[];
    renamed record;
BEGIN
    SELECT * INTO b FROM clearance.binding x WHERE x.id = binding;
    present := clearance.policy_columns(b.relation, b.id);
    IF present IS NULL OR cardinality(present) <> cardinality(b.columns) OR present = b.columns::text[] THEN
        RETURN;
    END IF;
    FOR renamed IN
        SELECT o.name AS old, n.name::name AS new
        FROM unnest(b.columns) WITH ORDINALITY AS o (name, i)
        JOIN unnest(present) WITH ORDINALITY AS n (name, i) USING (i)
        WHERE o.name <> n.name
    LOOP
        UPDATE clearance.binding x SET
            key_column = CASE key_column WHEN renamed.old THEN renamed.new ELSE key_column END,
            project_column = CASE project_column WHEN renamed.old THEN renamed.new ELSE project_column END,
            visibility_column = CASE visibility_column WHEN renamed.old THEN renamed.new ELSE visibility_column END,
            client_visibility_column = CASE client_visibility_column WHEN renamed.old THEN renamed.new ELSE client_visibility_column END,
            account_column = CASE account_column WHEN renamed.old THEN renamed.new ELSE account_column END,
            owner_column = CASE owner_column WHEN renamed.old THEN renamed.new ELSE owner_column END,
            kind_column = CASE kind_column WHEN renamed.old THEN renamed.new ELSE kind_column END,
            published_column = CASE published_column WHEN renamed.old THEN renamed.new ELSE published_column END
        WHERE x.id = b.id;
        UPDATE clearance.binding_relation r SET row_column = renamed.new WHERE r.binding_id = b.id AND r.row_column = renamed.old;
        UPDATE clearance.binding_relation r SET member_column = renamed.new
        WHERE r.member_column = renamed.old AND (r.link = b.relation OR (r.binding_id = b.id AND r.link IS NULL));
        UPDATE clearance.binding_relation r SET link_column = renamed.new WHERE r.link_column = renamed.old AND r.link = b.relation;
        UPDATE clearance.binding_parent p SET column_name = renamed.new WHERE p.binding_id = b.id AND p.column_name = renamed.old;
        UPDATE clearance.binding_parent p SET type_column = renamed.new WHERE p.binding_id = b.id AND p.type_column = renamed.old;
        UPDATE clearance.binding_guard g SET column_name = renamed.new WHERE g.binding_id = b.id AND g.column_name = renamed.old;
    END LOOP;
    PERFORM clearance.sync(b.id);
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_bound_columns(integer) FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_bound_columns(integer) IS
'binds renamed columns under their new names, which the policies know';

CREATE FUNCTION clearance.follow_renamed_columns() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance.follow_bound_columns(b.id) FROM clearance.binding b ORDER BY b.declared;
    SELECT clearance.follow_mirrored_columns();
$$;
REVOKE ALL ON FUNCTION clearance.follow_renamed_columns() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_renamed_columns() IS 'binds and mirrors columns of all tables under their present names';

-- ---------------------------------------------------------------------------
-- Labels of enums
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.is_of_type(relation oid, "column" name, type oid) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE below AS (
        SELECT a.atttypid AS type FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = relation AND a.attname = "column" AND NOT a.attisdropped
        UNION ALL
        SELECT t.typbasetype FROM below b JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype = 'd'
    )
    SELECT is_of_type.type IN (SELECT b.type FROM below b);
END;
REVOKE ALL ON FUNCTION clearance.is_of_type(oid, name, oid) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_of_type(oid, name, oid) IS 'whether a column is of a type, be it by domains';

-- What declarations about tables name of a type's labels.
CREATE FUNCTION clearance.labels_of(type oid) RETURNS TABLE (binding integer, label text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT b.id, l.label
    FROM clearance.binding b
    CROSS JOIN LATERAL (
        SELECT b.visibility_column, unnest(b.shared_values)
        UNION ALL
        SELECT g.column_name, g.new_value FROM clearance.binding_guard g WHERE g.binding_id = b.id
        UNION ALL
        SELECT p.type_column, p.type_value FROM clearance.binding_parent p WHERE p.binding_id = b.id
        UNION ALL
        SELECT b.client_visibility_column, unnest('{hidden,read,edit}'::text[])
    ) AS l ("column", label)
    WHERE l.label IS NOT NULL AND clearance.is_of_type(b.relation, l."column", labels_of.type);
END;
REVOKE ALL ON FUNCTION clearance.labels_of(oid) FROM PUBLIC;
COMMENT ON FUNCTION clearance.labels_of(oid) IS 'labels of a type that declarations about protected tables name';

-- Kinds of a grant are compared with the kind column of whatever table it is
-- asked about: those of its feature, those with guards of that feature, and
-- those whose actions have gates of it.
CREATE FUNCTION clearance.kind_columns(feature text) RETURNS TABLE (binding integer, relation regclass, kind name)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE asked AS (
        SELECT b.id, f.feature
        FROM clearance.binding b
        CROSS JOIN LATERAL (SELECT b.feature UNION SELECT g.feature FROM clearance.binding_guard g WHERE g.binding_id = b.id) f
        WHERE b.kind_column IS NOT NULL
        UNION
        SELECT a.id, g.gate_feature FROM asked a JOIN clearance.gate g ON g.feature = a.feature
    )
    SELECT b.id, b.relation, b.kind_column FROM asked a JOIN clearance.binding b ON b.id = a.id
    WHERE a.feature = kind_columns.feature;
END;
REVOKE ALL ON FUNCTION clearance.kind_columns(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.kind_columns(text) IS 'kind columns that the kinds of a feature''s grants are compared with';

CREATE FUNCTION clearance.refuse_label(type oid, label text, why text, advice text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'cannot rename label "%" of %', label, type::regtype
        USING ERRCODE = 'object_in_use', DETAIL = why, HINT = advice;
END
$$;
REVOKE ALL ON FUNCTION clearance.refuse_label(oid, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.refuse_label(oid, text, text, text) IS 'the error for a label that cannot be followed';

CREATE FUNCTION clearance.follow_renamed_label(type oid, old_label text, new_label text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named regclass;
    changed integer[];
BEGIN
    SELECT b.relation INTO named FROM clearance.binding b
    WHERE clearance.is_of_type(b.relation, b.client_visibility_column, follow_renamed_label.type)
      AND '{hidden,read,edit}'::text[] && ARRAY[old_label, new_label];
    IF FOUND THEN
        PERFORM clearance.refuse_label(type, old_label,
            format('hidden, read and edit are what %s says to customers.', named), 'Leave these labels as they are.');
    END IF;
    -- a name that a declaration has kept, of a label that is not there
    SELECT b.relation INTO named FROM clearance.labels_of(type) l JOIN clearance.binding b ON b.id = l.binding
    WHERE l.label = new_label;
    IF FOUND THEN
        PERFORM clearance.refuse_label(type, old_label,
            format('A declaration about %s names "%s", which is no label yet.', named, new_label),
            'Use clearance.unprotect() and declare the table again, or choose another label.');
    END IF;

    changed := ARRAY(SELECT DISTINCT l.binding FROM clearance.labels_of(type) l WHERE l.label = old_label)
        || clearance.follow_renamed_kind(type, old_label, new_label);
    UPDATE clearance.binding b SET shared_values = array_replace(b.shared_values, old_label, new_label)
    WHERE clearance.is_of_type(b.relation, b.visibility_column, follow_renamed_label.type);
    UPDATE clearance.binding_guard g SET new_value = new_label FROM clearance.binding b
    WHERE b.id = g.binding_id AND g.new_value = old_label
      AND clearance.is_of_type(b.relation, g.column_name, follow_renamed_label.type);
    UPDATE clearance.binding_parent p SET type_value = new_label FROM clearance.binding b
    WHERE b.id = p.binding_id AND p.type_value = old_label
      AND clearance.is_of_type(b.relation, p.type_column, follow_renamed_label.type);
    -- whoever uses these tables waits until labels and declarations are one again
    PERFORM clearance.sync(b) FROM (SELECT DISTINCT unnest(changed) ORDER BY 1) AS c (b);
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_renamed_label(oid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_renamed_label(oid, text, text) IS
'guards, shared values, types of parents and kinds of grants follow a renamed label; errors if it is not certain which do';

-- Returns the tables whose rows the grants are about.
CREATE FUNCTION clearance.follow_renamed_kind(type oid, old_label text, new_label text) RETURNS integer[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given record;
    other regclass;
    changed integer[] := '{}';
BEGIN
    FOR given IN
        SELECT g.level_id, g.feature, g.action, g.kinds, l.name AS level
        FROM clearance.level_grant g JOIN clearance.level l ON l.id = g.level_id
        WHERE g.kinds && ARRAY[old_label, new_label]
          AND EXISTS (SELECT FROM clearance.kind_columns(g.feature) k
                      WHERE clearance.is_of_type(k.relation, k.kind, follow_renamed_kind.type))
        ORDER BY g.feature, g.action, l.name
    LOOP
        IF new_label = ANY (given.kinds) THEN
            PERFORM clearance.refuse_label(type, old_label,
                format('Level "%s" is granted %s.%s for the kind "%s" already.', given.level, given.feature, given.action, new_label),
                'Take the grant away with clearance.deny(), rename the label, and give it again with clearance.allow(), in one transaction.');
        END IF;
        SELECT k.relation INTO other FROM clearance.kind_columns(given.feature) k
        WHERE NOT clearance.is_of_type(k.relation, k.kind, follow_renamed_kind.type);
        IF FOUND THEN
            PERFORM clearance.refuse_label(type, old_label,
                format('Level "%s" is granted %s.%s for this kind, also of %s, whose kinds are of another type.',
                       given.level, given.feature, given.action, other),
                'Take the grant away with clearance.deny(), rename the label, and give it again with clearance.allow(), in one transaction.');
        END IF;
        UPDATE clearance.level_grant g
        SET kinds = (SELECT array_agg(k ORDER BY k) FROM unnest(array_replace(g.kinds, old_label, new_label)) k)
        WHERE (g.level_id, g.feature, g.action, g.kinds) = (given.level_id, given.feature, given.action, given.kinds);
        changed := changed || ARRAY(SELECT k.binding FROM clearance.kind_columns(given.feature) k);
    END LOOP;
    RETURN changed;
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_renamed_kind(oid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_renamed_kind(oid, text, text) IS
'kinds of grants follow a renamed label; errors if tables with other kinds are meant too';

CREATE FUNCTION clearance.follow_rename() RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_follow_rename';
REVOKE ALL ON FUNCTION clearance.follow_rename() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_rename() IS 'event trigger: declarations follow renamed columns and labels';

CREATE EVENT TRIGGER clearance_follow_rename ON ddl_command_end
    WHEN TAG IN ('ALTER TABLE', 'ALTER VIEW', 'ALTER MATERIALIZED VIEW', 'ALTER FOREIGN TABLE', 'ALTER TYPE')
    EXECUTE FUNCTION clearance.follow_rename();

-- ---------------------------------------------------------------------------
-- Keys of protected tables stay unique: with two rows of one key, one would
-- open what belongs to the other. After follow_drop(): event triggers fire in
-- the order of their names.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.keep_keys_unique() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d WHERE d.object_type = 'index') THEN
        RETURN;
    END IF;
    SELECT * INTO b FROM clearance.binding x
    WHERE x.key_column IS NOT NULL AND NOT clearance.is_row_key(x.relation, x.key_column);
    IF FOUND THEN
        RAISE EXCEPTION 'cannot drop the unique index of column "%" of %: it is the key of a protected table', b.key_column, b.relation
            USING ERRCODE = 'object_in_use', HINT = 'Create another one first, or drop and add it in one ALTER TABLE.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.keep_keys_unique() FROM PUBLIC;
COMMENT ON FUNCTION clearance.keep_keys_unique() IS 'event trigger: key columns of protected tables keep a unique index';

CREATE EVENT TRIGGER clearance_keep_keys_unique ON sql_drop
    EXECUTE FUNCTION clearance.keep_keys_unique();

-- ---------------------------------------------------------------------------
-- Tables of projects are dropped, or their partitions come and go
-- ---------------------------------------------------------------------------

-- A partition has no binding of its own, but this trigger. After follow_drop(),
-- too.
CREATE FUNCTION clearance.follow_dropped_projects() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance.is_maintaining()
        AND EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d
                    WHERE d.object_type = 'trigger' AND d.address_names[3] = '00_clearance_truncate') THEN
        PERFORM clearance.forget_projects();
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.follow_dropped_projects() FROM PUBLIC;
COMMENT ON FUNCTION clearance.follow_dropped_projects() IS 'event trigger: projects go with the table that held their rows';

CREATE EVENT TRIGGER clearance_forget_projects ON sql_drop
    EXECUTE FUNCTION clearance.follow_dropped_projects();

CREATE FUNCTION clearance.take_in(binding integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
BEGIN
    PERFORM clearance.sync(binding);
    SELECT * INTO b FROM clearance.binding x WHERE x.id = binding;
    IF b.feature = 'project' AND NOT b.link_only THEN
        PERFORM clearance.register_existing_projects(b.relation, b.project_column, b.account_column);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.take_in(integer) FROM PUBLIC;
COMMENT ON FUNCTION clearance.take_in(integer) IS 'protects partitions and children that came to a table, and registers their projects';

-- Whatever session_replication_role is: what is renamed, dropped or attached
-- while rows are loaded is so for good.
DO $$
DECLARE
    t name;
BEGIN
    FOR t IN SELECT e.evtname FROM pg_event_trigger e WHERE e.evtname LIKE 'clearance\_%' LOOP
        EXECUTE format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', t);
    END LOOP;
END
$$;
-- ---------------------------------------------------------------------------
-- What a declaration closes, or names in vain, is no error: rows may come, and
-- grants be given. Who declares is told, with what to do next.
-- ---------------------------------------------------------------------------

-- None if the owner of the table may not read it: then nothing is told.
CREATE FUNCTION clearance.rows_told(relation regclass, columns name[]) RETURNS SETOF text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT t."row" FROM clearance.table_rows(relation, columns) AS t ("row");
EXCEPTION WHEN insufficient_privilege THEN
    RETURN;
END
$$;
REVOKE ALL ON FUNCTION clearance.rows_told(regclass, name[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.rows_told(regclass, name[]) IS 'values, as texts, of the rows of a table, to tell who declares about them';

-- Many features have other actions than view, and account admins hold all.
CREATE FUNCTION clearance.notice_unseen(relation regclass, feature text, view_action text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held text;
BEGIN
    IF EXISTS (SELECT FROM clearance.effective_grants() g WHERE (g.feature, g.action) = (notice_unseen.feature, view_action)) THEN
        RETURN;
    END IF;
    SELECT string_agg(DISTINCT g.action, ', ' ORDER BY g.action) INTO held
    FROM clearance.effective_grants() g JOIN clearance.action a ON (a.feature, a.name) = (g.feature, g.action)
    WHERE g.feature = notice_unseen.feature
      AND a.reads >= (SELECT bool_or(x.reads) FROM clearance.action x JOIN clearance.effective_grants() y
                      ON (y.feature, y.action) = (x.feature, x.name) WHERE x.feature = notice_unseen.feature);
    RAISE NOTICE 'only account admins see rows of %: no level is granted %.%', relation, feature, view_action
        USING HINT = concat('Grant it with clearance.allow()',
                            ', or pass one that levels are granted as view_action: ' || held, '.');
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_unseen(regclass, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_unseen(regclass, text, text) IS
'tells that no level is granted the action that SELECT needs, and which ones are granted';

CREATE FUNCTION clearance.notice_projects(relation regclass, project name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held text := clearance.require_key_column(relation, project, 'project');
    closed bigint;
    other record;
BEGIN
    SELECT b.relation, k.class INTO other
    FROM clearance.binding b
    CROSS JOIN LATERAL clearance.key_class(clearance.require_column(b.relation, b.project_column, 'project')) AS k (class)
    WHERE b.feature = 'project' AND NOT b.link_only
    ORDER BY k.class <> held, b.relation::text LIMIT 1;
    IF other.class <> held THEN
        RAISE NOTICE 'column "%" of % holds % keys, those of % are % keys', project, relation, held, other.relation, other.class
            USING HINT = 'Keys are compared by their texts: a row whose project has another text there is closed.';
    END IF;
    SELECT count(*) INTO closed FROM clearance.rows_told(relation, ARRAY[project]) AS t ("row")
    WHERE NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = t."row"[1]);
    IF closed > 0 THEN
        RAISE NOTICE 'rows of % that are closed, since their project is not registered: %', relation, closed
            USING HINT = 'Protect the table of projects, or register them with clearance.create_project().';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_projects(regclass, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_projects(regclass, name) IS 'tells how many rows a project column closes, and of keys of another type';

-- NULL is for who protects the table to decide.
CREATE FUNCTION clearance.notice_labels(relation regclass, account name, client_visibility name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    foreign_rows bigint;
    unclear_rows bigint;
BEGIN
    SELECT count(*) FILTER (WHERE NOT EXISTS (SELECT FROM clearance.account a WHERE coalesce(a.key, a.id::text) = t."row"[1])
                              AND t."row"[1] IS NOT NULL),
           count(*) FILTER (WHERE t."row"[2] NOT IN ('hidden', 'read', 'edit'))
    INTO foreign_rows, unclear_rows
    FROM clearance.rows_told(relation, ARRAY[account, client_visibility]) AS t ("row");
    IF foreign_rows > 0 THEN
        RAISE NOTICE 'rows of % that are closed, since no account has the key that they name: %', relation, foreign_rows
            USING HINT = 'Table clearance.account lists the keys of accounts; the id is the key of one that has none.';
    END IF;
    IF unclear_rows > 0 THEN
        RAISE NOTICE 'rows of % that are hidden from customers, since "%" says neither hidden, read nor edit: %',
            relation, client_visibility, unclear_rows
            USING HINT = 'Only these three say what customers may do with a row.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_labels(regclass, name, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_labels(regclass, name, name) IS 'tells how many rows name no account, or no client visibility that there is';

CREATE FUNCTION clearance.notice_parent(relation regclass, "column" name, parent regclass, parent_key name,
    type_column name, type_value text, optional boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    closed bigint;
    blank bigint;
BEGIN
    SELECT count(*), count(*) FILTER (WHERE t."row"[1] IS NULL) INTO closed, blank
    FROM clearance.rows_told(relation, ARRAY["column", type_column]) AS t ("row")
    WHERE (type_value IS NULL OR t."row"[2] = type_value) AND NOT (optional AND t."row"[1] IS NULL)
      AND NOT EXISTS (SELECT FROM clearance.rows_told(parent, ARRAY[parent_key]) AS p ("row") WHERE p."row"[1] = t."row"[1]);
    IF closed > 0 THEN
        RAISE NOTICE 'rows of % that are closed, since they name no row of %: %', relation, parent, closed
            USING HINT = CASE WHEN blank = 0 THEN format('"%s" is to hold keys of rows that are there.', "column")
                ELSE format('"%s" of %s of them is NULL: optional => true judges such rows without this parent.', "column", blank) END
                || CASE WHEN relation = parent THEN ' Rows below them are closed with them.' ELSE '' END;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_parent(regclass, name, regclass, name, name, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_parent(regclass, name, regclass, name, name, text, boolean) IS
'tells how many rows a parent closes, since they have none';

-- Rows of a type that fits no declaration are closed, if one of these is required.
CREATE FUNCTION clearance.notice_types(relation regclass, type_column name, type_value text, optional boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    declared clearance.binding_parent[] := ARRAY(SELECT p FROM clearance.binding_parent p
        WHERE p.binding_id = clearance.binding_of(relation) AND p.type_column IS NOT NULL);
    columns name[] := type_column || ARRAY(SELECT d.type_column FROM unnest(declared) d);
    "values" text[] := type_value || ARRAY(SELECT d.type_value FROM unnest(declared) d);
    closed bigint;
    types text[];
BEGIN
    IF optional AND NOT EXISTS (SELECT FROM unnest(declared) d WHERE NOT d.optional) THEN
        RETURN;
    END IF;
    SELECT count(*), array_agg(DISTINCT coalesce(t."row"[1], 'NULL')) INTO closed, types
    FROM clearance.rows_told(relation, columns) AS t ("row")
    WHERE NOT EXISTS (SELECT FROM unnest(t."row", "values") AS f (found, named) WHERE f.found = f.named);
    IF closed > 0 THEN
        RAISE NOTICE 'rows of % that are closed, since no parent is declared for their type: %', relation, closed
            USING HINT = format('"%s" of theirs is %s%s: call clearance.add_parent() for each, or make all of them optional.',
                                type_column, array_to_string(types[1:10], ', '), CASE WHEN cardinality(types) > 10 THEN ' and others' ELSE '' END);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_types(regclass, name, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_types(regclass, name, text, boolean) IS
'tells how many rows are closed since a declaration names a parent for rows of other types';

-- Enums have their labels, booleans both values; of others, the rows tell.
CREATE FUNCTION clearance.notice_values(relation regclass, "column" name, named text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present text[];
    value text;
BEGIN
    IF clearance.key_class(clearance.require_column(relation, "column", 'named', true)) IS NULL THEN
        RETURN;
    END IF;
    present := ARRAY(SELECT DISTINCT t."row"[1] FROM clearance.rows_told(relation, ARRAY["column"]) AS t ("row")
                     WHERE t."row"[1] IS NOT NULL ORDER BY 1);
    FOREACH value IN ARRAY CASE WHEN present = '{}' THEN '{}' ELSE named END LOOP
        IF value <> ALL (present) THEN
            RAISE NOTICE 'no row of % has "%" in column "%"', relation, value, "column"
                USING HINT = format('What rows have: %s%s.', array_to_string(present[1:10], ', '),
                                    CASE WHEN cardinality(present) > 10 THEN ' and others' END);
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_values(regclass, name, text[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_values(regclass, name, text[]) IS 'tells of values that a declaration names and no row has';

CREATE FUNCTION clearance.notice_members(relation regclass, "column" name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    class text := clearance.require_key_column(relation, "column", 'member', true);
BEGIN
    IF (SELECT NOT bool_or(coalesce(m.key ~ CASE class WHEN 'integer' THEN '^-?\d+$' WHEN 'uuid' THEN '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                                                       ELSE '' END, false)) FROM clearance.member m) THEN
        RAISE NOTICE 'no member has a key that column "%" of % can hold', "column", relation
            USING HINT = format('It holds %s keys; the key of a member is the application''s user id.', class);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_members(regclass, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_members(regclass, name) IS 'tells of a column that can name no member';

CREATE FUNCTION clearance.notice_kinds(feature text, kinds text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    k record;
    type regtype;
    found_kinds text[];
    present text[] := '{}';
    kind text;
BEGIN
    IF NOT EXISTS (SELECT FROM clearance.kind_columns(feature)) THEN
        RAISE NOTICE 'no protected table has kinds of %: the grant is for no row', feature
            USING HINT = 'protect(…, kind => …) names the column of kinds; without kinds, a grant is for all rows.';
        RETURN;
    END IF;
    FOR k IN SELECT * FROM clearance.kind_columns(feature) LOOP
        type := clearance.require_column(k.relation, k.kind, 'kind');
        found_kinds := CASE WHEN type = 'boolean'::regtype THEN '{true,false}'
            WHEN clearance.key_class(type) IS NULL THEN ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = type)
            ELSE ARRAY(SELECT DISTINCT t."row"[1] FROM clearance.rows_told(k.relation, ARRAY[k.kind]) AS t ("row")) END;
        IF found_kinds = '{}' THEN
            RETURN;     -- rows will come
        END IF;
        present := present || found_kinds;
    END LOOP;
    FOREACH kind IN ARRAY kinds LOOP
        IF kind <> ALL (array_remove(present, NULL)) THEN
            RAISE NOTICE 'no row of % is of kind "%"', feature, kind
                USING HINT = format('Kinds are: %s.', (SELECT string_agg(DISTINCT p, ', ' ORDER BY p) FROM unnest(present[1:100]) p));
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_kinds(text, text[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_kinds(text, text[]) IS 'tells of kinds that no row of a feature''s tables is of';

CREATE FUNCTION clearance.notice_empty_level(level integer) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM clearance.effective_grants() g WHERE g.level_id = level)
        AND level <> (SELECT l.id FROM clearance.level l WHERE l.built_in AND l.name = 'account_admin') THEN
        RAISE NOTICE 'level "%" grants nothing', (SELECT l.name FROM clearance.level l WHERE l.id = level)
            USING HINT = 'clearance.allow() adds grants to it.';
    END IF;
    RETURN level;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_empty_level(integer) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_empty_level(integer) IS 'the level; tells that it grants nothing, if so';

-- A level counts for holders of its audience.
CREATE FUNCTION clearance.notice_unused_level(role text, level integer, available_to_partners boolean) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT l.audience = 'partner' AND NOT available_to_partners FROM clearance.level l WHERE l.id = level) THEN
        RAISE NOTICE 'level "%" is for nobody who may hold role "%"', (SELECT l.name FROM clearance.level l WHERE l.id = level), role
            USING HINT = 'It is for partners'' people: make the role available_to_partners, or give it a vendor level.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_unused_level(text, integer, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_unused_level(text, integer, boolean) IS 'tells that nobody who holds a role can have its level, if so';

CREATE FUNCTION clearance.notice_no_level(m clearance.member) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT s.base_levels = '{}' AND s.no_standing IS NULL FROM clearance.scope_actor(m.id, NULL) s) THEN
        RAISE NOTICE 'member "%" has no level: it sees nothing but where a project gives it one', clearance.member_label(m)
            USING HINT = CASE m.kind
                WHEN 'vendor' THEN 'Give it a role that has one, such as super_user or collaborator, with clearance.set_member_roles().'
                WHEN 'partner' THEN 'Give its partner one with clearance.update_partner(), or the account a default_external_level.' END;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.notice_no_level(clearance.member) FROM PUBLIC;
COMMENT ON FUNCTION clearance.notice_no_level(clearance.member) IS 'tells that no place names a level for a member, if so';
-- ---------------------------------------------------------------------------
-- Who is who and what is permitted is read and written by the functions and
-- views above, which run as their owner, and by superusers. Row security
-- without policies closes the tables to everybody else: also to members of
-- pg_read_all_data and pg_write_all_data, whose privileges nobody granted here.
-- There are no policies, since pg_dump would dump those of an extension, and a
-- restore would find them made.
-- ---------------------------------------------------------------------------
DO $$
DECLARE
    tab regclass;
BEGIN
    FOR tab IN SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
    END LOOP;
END
$$;
