
# The example workspace with a marker in every row and in every masked cell, five
# outsiders who log in to it, and what test/evaluator.sql says they may meet.
#
# Each protected table gets three columns: `canary`, which is in every row, and
# `canary_text` and `canary_number`, which are masked for whoever may not edit the
# row (in link tables, which have no masks, they are as the first). A marker is in one cell of the database and nowhere else, so whatever a
# client receives tells by itself where it comes from.

package Canaries;

use strict;
use warnings;
use Exporter 'import';
use FindBin;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(@outsiders $canary build_canaries markers_of place_of);

# permissive, moderate, restricted: of partners of these levels; a contact of a
# customer; a partner as a whole
our @outsiders = map { "regress_$_" } qw(permissive moderate restricted contact company);

# A marker, whatever is around it
our $canary = qr/CANARY[RT]\d{8}|77700\d{8}(?!\d)/;

# Of the finished items that the workspace is made of, every 100th, and the first eight of each project: statements
# are to be many, not slow
my $few = 'NR == 1 || NR % 100 == 0 || n[$2]++ < 8';

sub build_canaries
{
	my ($node, $db) = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my $tests = "$FindBin::RealBin/..";

	system("cp -R '$tests/../examples/workspace/.' '$dir' && cd '$dir/data' && gzip -dc work_items.csv.gz | awk -F, '$few' | gzip > fewer && mv fewer work_items.csv.gz") == 0
	  or die 'the workspace cannot be copied';
	system("cd '$dir' && psql -Xq -v ON_ERROR_STOP=1 -d '" . $node->connstr($db) . "' -f load.sql >/dev/null") == 0
	  or die 'the workspace cannot be loaded';
	$node->safe_psql($db, 'SET client_min_messages = warning; ' . slurp_file("$tests/evaluator.sql"));
	$node->safe_psql($db, canaries_sql());
	$node->safe_psql($db, outsiders_sql());
	return;
}

# Every marker, with what it is for a login: 1 where the evaluator opens it, 0 where not.
sub markers_of
{
	my ($node, $db, $login) = @_;

	return { map { split /\|/ } split /\n/, $node->safe_psql($db, qq{
		SELECT c.marker, (EXISTS (SELECT FROM canaries.open o WHERE (o.login, o.marker) = ('$login', c.marker)))::integer FROM canaries.cell c}) };
}

# Where a marker stands, for reports
sub place_of
{
	my ($node, $db, $marker) = @_;

	return $node->safe_psql($db, "SELECT relation || ', row ' || key FROM canaries.cell WHERE marker = '$marker'");
}

sub canaries_sql
{
	return <<'EOSQL';
SET client_min_messages = warning;
CREATE SCHEMA canaries;
CREATE SEQUENCE canaries.number START 10000000;
CREATE TABLE canaries.cell (marker text PRIMARY KEY, relation regclass, action text, key text);
-- by defaults, and without triggers: what happens at changes is not wanted here
SET session_replication_role = replica;
DO $$
DECLARE
	b clearance.binding;
BEGIN
	FOR b IN SELECT * FROM clearance.binding ORDER BY id LOOP
		EXECUTE format($x$ALTER TABLE %s ADD COLUMN canary text DEFAULT 'CANARYR' || nextval('canaries.number'),
			ADD COLUMN canary_text text DEFAULT 'CANARYT' || nextval('canaries.number'),
			ADD COLUMN canary_number bigint DEFAULT 7770000000000 + nextval('canaries.number')$x$, b.relation);
		EXECUTE format('ALTER TABLE %s ALTER COLUMN canary DROP DEFAULT, ALTER COLUMN canary_text DROP DEFAULT, ALTER COLUMN canary_number DROP DEFAULT',
			b.relation);
	END LOOP;
END
$$;
RESET session_replication_role;
SELECT clearance.mask_column(relation, 'canary_text', edit_action, mask => '''masked'''),
	clearance.mask_column(relation, 'canary_number', edit_action)
FROM clearance.binding WHERE NOT link_only ORDER BY id;
DO $$
DECLARE
	b clearance.binding;
BEGIN
	FOR b IN SELECT * FROM clearance.binding ORDER BY id LOOP
		EXECUTE format('INSERT INTO canaries.cell SELECT t.canary, %L, %L, %s FROM %s t',
			b.relation, b.view_action, evaluator.key_of(b.relation), b.relation);
		EXECUTE format('INSERT INTO canaries.cell SELECT c.marker, %L, %L, %s FROM %s t, LATERAL (VALUES (t.canary_text), (t.canary_number::text)) c (marker)',
			b.relation, CASE WHEN b.link_only THEN b.view_action ELSE b.edit_action END, evaluator.key_of(b.relation), b.relation);
	END LOOP;
END
$$;
ANALYZE;
EOSQL
}

# Of those who are alike, the one who is on most projects; they and their companies get more.
sub outsiders_sql
{
	return <<'EOSQL';
CREATE TABLE canaries.outsider AS
SELECT DISTINCT ON (kind_of) 'regress_' || kind_of AS login, id AS member, NULL::bigint AS partner, account_id, partner_id, customer_id
FROM (SELECT m.*, coalesce(l.name, 'contact') AS kind_of,
		(SELECT count(*) FROM clearance.project_member p WHERE p.member_id = m.id AND p.starts_at <= now() AND now() < p.ends_at) AS projects
	FROM clearance.member m LEFT JOIN clearance.partner p ON p.id = m.partner_id LEFT JOIN clearance.level l ON l.id = p.level_id
	WHERE m.status = 'active' AND (m.kind = 'customer' OR l.name IN ('permissive', 'moderate', 'restricted'))) m
ORDER BY kind_of, projects DESC, id;
SELECT clearance.add_partner_to_project(p.key, o.partner_id)
FROM canaries.outsider o JOIN clearance.project p ON p.account_id = o.account_id AND p.id % 2 = 1
WHERE o.partner_id IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.project_partner y WHERE (y.project_id, y.partner_id) = (p.id, o.partner_id));
SELECT clearance.add_customer_to_project(p.key, o.customer_id)
FROM canaries.outsider o JOIN clearance.project p ON p.account_id = o.account_id AND p.id % 2 = 1
WHERE o.customer_id IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.project_customer y WHERE (y.project_id, y.customer_id) = (p.id, o.customer_id));
SELECT clearance.add_member_to_project(p.key, o.member)
FROM canaries.outsider o JOIN clearance.project p ON p.account_id = o.account_id AND p.id % 2 = 1
WHERE NOT EXISTS (SELECT FROM clearance.project_member y WHERE (y.project_id, y.member_id) = (p.id, o.member));
INSERT INTO canaries.outsider (login, partner)
SELECT 'regress_company', p.id FROM clearance.partner p
ORDER BY (SELECT count(*) FROM clearance.project_partner x WHERE x.partner_id = p.id) DESC, p.id LIMIT 1;
CREATE TABLE canaries.open (login text, marker text, PRIMARY KEY (login, marker));
DO $$
DECLARE
	o canaries.outsider;
	b clearance.binding;
BEGIN
	PERFORM evaluator.hold();
	FOR o IN SELECT * FROM canaries.outsider ORDER BY login LOOP
		EXECUTE format('CREATE ROLE %I LOGIN', o.login);
		PERFORM clearance.map_role(o.login::regrole, member => o.member, partner => o.partner);
		FOR b IN SELECT * FROM clearance.binding ORDER BY id LOOP
			INSERT INTO canaries.open SELECT o.login, c.marker FROM canaries.cell c
			WHERE c.relation = b.relation AND c.action = b.view_action AND c.key IN (
				SELECT evaluator.permitted(o.member, b.relation, b.view_action) WHERE o.member IS NOT NULL
				UNION ALL SELECT evaluator.permitted_partner(o.partner, b.relation) WHERE o.partner IS NOT NULL);
			CONTINUE WHEN b.link_only OR o.member IS NULL; -- a company sees, and does nothing else
			INSERT INTO canaries.open SELECT o.login, c.marker FROM canaries.cell c
			WHERE c.relation = b.relation AND c.action = b.edit_action AND c.key IN (SELECT evaluator.permitted(o.member, b.relation, b.edit_action));
		END LOOP;
	END LOOP;
END
$$;
EOSQL
}

1;
