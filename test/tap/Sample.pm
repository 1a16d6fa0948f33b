
# What members see of the sample workspace.

package Sample;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(rows_of_sample);

# For every tenth member: how many rows of each table of the sample workspace, and a digest of them.
sub rows_of_sample
{
	my ($node, $db) = @_;
	my $members = $node->safe_psql($db,
		'SELECT key FROM clearance.member WHERE id % 10 = 0 OR customer_id IS NOT NULL OR partner_admin ORDER BY id');
	my $queries = $node->safe_psql($db, <<'EOSQL');
SELECT string_agg(format('SELECT %L AS t, count(*), coalesce(sum(hashtextextended(%s::text, 0)), 0) FROM %s t', c.relname, k.key, c.oid::regclass),
                  ' UNION ALL ' ORDER BY c.relname)
FROM pg_class c
CROSS JOIN LATERAL (SELECT coalesce('(' || string_agg(format('t.%I', a.attname), ', ') || ')', 't') AS key
                    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                    WHERE i.indrelid = c.oid AND i.indisprimary) k
WHERE c.relnamespace = 'app'::regnamespace AND c.relkind = 'r'
EOSQL
	my $sql = join '', map { "SELECT clearance.set_actor(key => '$_', local => false) AS actor \\gset\nSELECT '$_', * FROM ($queries) q WHERE count > 0 ORDER BY t;\n" }
	  split /\n/, $members;

	return $node->safe_psql($db, $sql, extra_params => [ '-U', 'clearance_demo_app' ]);
}

1;
