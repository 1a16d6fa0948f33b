
# What a database says of the extension and of the tables that it protects, to
# be compared with another database. A catalog is a hash: "object: attribute" =>
# value. Numbers of bindings, which are random, are told as names of tables.
# $before is SQL to run first in the session.

package Catalog;

use strict;
use warnings;
use Exporter 'import';
use JSON::PP;

our @EXPORT = qw(extension_catalog protected_catalog installed_rows differences);

# Everything in the extension's schemas, and everything that is a member of it.
sub extension_catalog
{
	my ($node, $db, $before) = @_;

	return read_catalog($node, $db, $before, <<'EOSQL');
WITH space AS (SELECT oid FROM pg_namespace WHERE nspname IN ('clearance', 'clearance_internal')),
extension AS (SELECT * FROM pg_extension WHERE extname = 'pg_clearance'),
member AS (
    SELECT d.classid, d.objid, i.type || ' ' || i.identity AS name
    FROM extension x JOIN pg_depend d ON (d.refclassid, d.refobjid, d.deptype) = ('pg_extension'::regclass, x.oid, 'e')
    CROSS JOIN pg_identify_object(d.classid, d.objid, 0) i
),
acl (name, owner, acl, initial) AS (
    SELECT 'function ' || p.oid::regprocedure, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)),
        coalesce(i.initprivs, acldefault('f', p.proowner))
    FROM pg_proc p LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = ('pg_proc'::regclass, p.oid, 0)
    WHERE p.pronamespace IN (TABLE space)
    UNION ALL
    SELECT 'relation ' || c.oid::regclass, c.relowner, coalesce(c.relacl, acldefault(k.kind, c.relowner)),
        coalesce(i.initprivs, acldefault(k.kind, c.relowner))
    FROM pg_class c LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = ('pg_class'::regclass, c.oid, 0)
    CROSS JOIN LATERAL (SELECT CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char") k (kind)
    WHERE c.relnamespace IN (TABLE space) AND c.relkind IN ('r', 'v', 'S')
    UNION ALL
    SELECT format('column %I of %s', a.attname, a.attrelid::regclass), c.relowner, a.attacl, i.initprivs
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace IN (TABLE space)
    LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = ('pg_class'::regclass, c.oid, a.attnum)
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v')
    UNION ALL
    SELECT 'type ' || t.oid::regtype, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)),
        coalesce(i.initprivs, acldefault('T', t.typowner))
    FROM pg_type t LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = ('pg_type'::regclass, t.oid, 0)
    WHERE t.typnamespace IN (TABLE space)
    UNION ALL
    SELECT 'schema ' || n.nspname, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner)),
        coalesce(i.initprivs, acldefault('n', n.nspowner))
    FROM pg_namespace n LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = ('pg_namespace'::regclass, n.oid, 0)
    WHERE n.oid IN (TABLE space)
),
fact (object, attribute, value) AS (
    SELECT m.name, 'belongs to the extension', 'yes' FROM member m
    UNION ALL
    SELECT a.name, v.attribute, v.value
    FROM acl a CROSS JOIN LATERAL (VALUES
        ('owner', pg_get_userbyid(a.owner)::text),
        ('privileges', (SELECT string_agg(CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END || ' '
                            || g.privilege_type || CASE WHEN g.is_grantable THEN ' with grant option' ELSE '' END, ', ' ORDER BY g::text)
                        FROM aclexplode(a.acl) g)),
        ('privileges that dumps leave out',
            (SELECT string_agg(CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END || ' '
                            || g.privilege_type || CASE WHEN g.is_grantable THEN ' with grant option' ELSE '' END, ', ' ORDER BY g::text)
             FROM aclexplode(a.initial) g))) v (attribute, value)
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure, v.attribute, v.value
    FROM pg_proc p CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_functiondef(p.oid)), ('comment', obj_description(p.oid, 'pg_proc'))) v (attribute, value)
    WHERE p.pronamespace IN (TABLE space)
    UNION ALL
    SELECT 'relation ' || c.oid::regclass, v.attribute, v.value
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_sequence s ON s.seqrelid = c.oid
    CROSS JOIN LATERAL (VALUES
        ('kind', concat_ws(' ', c.relkind, c.relpersistence, c.relreplident, c.reltablespace, c.reloptions)),
        ('row security', concat_ws(' ', c.relrowsecurity, c.relforcerowsecurity)),
        ('access method', (SELECT a.amname FROM pg_am a WHERE a.oid = c.relam)::text),
        ('query', CASE c.relkind WHEN 'v' THEN pg_get_viewdef(c.oid) END),
        ('index', CASE c.relkind WHEN 'i' THEN pg_get_indexdef(c.oid)
                      || concat_ws(' ', ' --', i.indisvalid, i.indisready, i.indislive, i.indisclustered, i.indisreplident) END),
        ('sequence', CASE c.relkind WHEN 'S' THEN (to_jsonb(s) - 'seqrelid')::text
                         || (SELECT ' of ' || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) || ' ' || d.deptype::text FROM pg_depend d
                             WHERE (d.classid, d.objid) = ('pg_class'::regclass, c.oid) AND d.deptype IN ('a', 'i')) END),
        ('comment', obj_description(c.oid, 'pg_class'))) v (attribute, value)
    WHERE c.relnamespace IN (TABLE space) AND c.relkind <> 'c'
    UNION ALL
    SELECT format('column %I of %s', a.attname, a.attrelid::regclass), v.attribute, v.value
    FROM (SELECT a.*, row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS place FROM pg_attribute a
          WHERE a.attnum > 0 AND NOT a.attisdropped) a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace IN (TABLE space) AND c.relkind IN ('r', 'v', 'c')
    CROSS JOIN LATERAL (VALUES
        ('type', format_type(a.atttypid, a.atttypmod)),
        ('collation', a.attcollation::regcollation::text),
        ('place', a.place::text),
        ('form', concat_ws(' ', a.attnotnull, a.attidentity, a.attgenerated, a.attstorage, a.attcompression, a.attstattarget,
             (SELECT array_agg(o ORDER BY o) FROM unnest(a.attoptions) o WHERE o LIKE 'n_distinct%'))),
        ('default', (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE (d.adrelid, d.adnum) = (a.attrelid, a.attnum))),
        ('comment', col_description(a.attrelid, a.attnum))) v (attribute, value)
    UNION ALL
    SELECT format('constraint %I of %s', k.conname, coalesce(nullif(k.conrelid, 0)::regclass::text, k.contypid::regtype::text)),
        v.attribute, v.value
    FROM pg_constraint k CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_constraintdef(k.oid) || concat_ws(' ', ' --', k.convalidated, k.condeferrable, k.condeferred, k.connoinherit)),
        ('comment', obj_description(k.oid, 'pg_constraint'))) v (attribute, value)
    WHERE k.connamespace IN (TABLE space)
    UNION ALL
    SELECT format('trigger %I of %s', t.tgname, t.tgrelid::regclass), v.attribute, v.value
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace IN (TABLE space)
    CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_triggerdef(t.oid)), ('fires', t.tgenabled::text), ('comment', obj_description(t.oid, 'pg_trigger'))) v (attribute, value)
    WHERE NOT t.tgisinternal
    UNION ALL
    SELECT format('policy %I of %s', p.polname, p.polrelid::regclass), 'definition', (to_jsonb(p) - 'oid' - 'polrelid')::text
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid AND c.relnamespace IN (TABLE space)
    UNION ALL
    SELECT format('rule %I of %s', r.rulename, r.ev_class::regclass), 'fires', r.ev_enabled::text
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class AND c.relnamespace IN (TABLE space)
    UNION ALL
    SELECT m.name, v.attribute, v.value
    FROM member m JOIN pg_event_trigger e ON m.classid = 'pg_event_trigger'::regclass AND e.oid = m.objid
    CROSS JOIN LATERAL (VALUES
        ('definition', concat_ws(' ', e.evtevent, e.evtfoid::regprocedure, e.evttags)), ('fires', e.evtenabled::text),
        ('owner', pg_get_userbyid(e.evtowner)::text), ('comment', obj_description(e.oid, 'pg_event_trigger'))) v (attribute, value)
    UNION ALL
    SELECT m.name, v.attribute, v.value
    FROM member m JOIN pg_cast k ON m.classid = 'pg_cast'::regclass AND k.oid = m.objid
    CROSS JOIN LATERAL (VALUES
        ('definition', concat_ws(' ', k.castfunc::regprocedure, k.castcontext, k.castmethod)),
        ('comment', obj_description(k.oid, 'pg_cast'))) v (attribute, value)
    UNION ALL
    SELECT 'type ' || t.oid::regtype, v.attribute, v.value
    FROM pg_type t CROSS JOIN LATERAL (VALUES
        ('definition', concat_ws(' ', t.typlen, t.typbyval, t.typtype, t.typcategory, t.typispreferred, t.typisdefined, t.typdelim,
             t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze, t.typsubscript, t.typalign, t.typstorage,
             t.typnotnull, t.typbasetype::regtype, t.typtypmod, t.typndims, t.typcollation::regcollation, t.typdefault)),
        ('comment', obj_description(t.oid, 'pg_type'))) v (attribute, value)
    WHERE t.typnamespace IN (TABLE space)
    UNION ALL
    SELECT 'schema ' || n.nspname, 'comment', obj_description(n.oid, 'pg_namespace') FROM pg_namespace n WHERE n.oid IN (TABLE space)
    UNION ALL
    SELECT 'what dumps hold of ' || k.relation::regclass, 'condition', '"' || k.condition || '"'
    FROM extension x CROSS JOIN LATERAL unnest(x.extconfig, x.extcondition) k (relation, condition)
    UNION ALL
    SELECT 'extension pg_clearance', v.attribute, v.value
    FROM extension x CROSS JOIN LATERAL (VALUES
        ('version', x.extversion), ('owner', pg_get_userbyid(x.extowner)), ('schema', x.extnamespace::regnamespace::text),
        ('form', concat_ws(' ', x.extrelocatable, obj_description(x.oid, 'pg_extension')))) v (attribute, value)
)
SELECT object || ': ' || attribute AS name, value FROM fact WHERE value IS NOT NULL
EOSQL
}

# What protect() and the like made of the application's tables.
sub protected_catalog
{
	my ($node, $db) = @_;
	my $bindings = decode_json($node->safe_psql($db,
		"SELECT coalesce(json_object_agg(id, relation::text), '{}') FROM clearance.binding"));
	my $catalog = read_catalog($node, $db, undef, <<'EOSQL');
WITH open AS (SELECT c.oid, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^(pg_|information_schema$|clearance)'),
fact (object, attribute, value) AS (
    SELECT 'table ' || t.oid::regclass, 'row security', concat_ws(' ', t.relrowsecurity, t.relforcerowsecurity) FROM open t
    UNION ALL
    SELECT format('policy %I of %s', p.polname, p.polrelid::regclass), 'definition',
        concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::regrole[],
                  'USING', pg_get_expr(p.polqual, p.polrelid), 'WITH CHECK', pg_get_expr(p.polwithcheck, p.polrelid))
    FROM open t JOIN pg_policy p ON p.polrelid = t.oid
    UNION ALL
    SELECT format('trigger %I of %s', g.tgname, g.tgrelid::regclass), 'definition', g.tgenabled::text || ' ' || pg_get_triggerdef(g.oid)
    FROM open t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
)
SELECT object || ': ' || attribute AS name, value FROM fact
EOSQL

	s/\b(\d+)\b/$bindings->{$1} \/\/ $1/ge foreach values %$catalog;
	return $catalog;
}

# Rows that the install script made, and where the sequences stand.
sub installed_rows
{
	my ($node, $db, $before) = @_;

	return read_catalog($node, $db, $before, $node->safe_psql($db, <<'EOSQL'));
SELECT string_agg(format('SELECT %L AS name, string_agg((to_jsonb(t) - ''log_cnt'')::text, E''\n'' ORDER BY to_jsonb(t)::text) AS value
                          FROM (SELECT * FROM %s) t HAVING count(*) > 0', c.oid::regclass || ': rows', c.oid::regclass), ' UNION ALL ')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('clearance', 'clearance_internal') AND c.relkind IN ('r', 'S') AND c.relname NOT IN ('version', 'version_part', 'binding_id_seq')
EOSQL
}

# The differences of two catalogs, one string each; the names of the databases are those of a and b.
sub differences
{
	my ($name_a, $a, $name_b, $b) = @_;
	my %keys = (%$a, %$b);
	my @found;

	foreach my $key (sort keys %keys)
	{
		if (!defined $a->{$key} || !defined $b->{$key})
		{
			push @found, "$key is only $name_a" if defined $a->{$key};
			push @found, "$key is only $name_b" if defined $b->{$key};
		}
		elsif ($a->{$key} ne $b->{$key})
		{
			push @found, "$key differs\n    $name_a: $a->{$key}\n    $name_b: $b->{$key}";
		}
	}
	return @found;
}

sub read_catalog
{
	my ($node, $db, $before, $sql) = @_;
	my $json = $node->safe_psql($db, ($before // '') . "SELECT json_agg(f) FROM ($sql) f");
	my %catalog;

	foreach my $fact (@{ decode_json($json) })
	{
		die "two facts are named \"$fact->{name}\"" if exists $catalog{ $fact->{name} };
		$catalog{ $fact->{name} } = $fact->{value};
	}
	return \%catalog;
}

1;
