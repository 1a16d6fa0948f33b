-- Operators that are not leakproof, and the indexes that they have: in an account
-- that owns half of a table. Vectors are cubes, which come with the server.
\set admin '{"account admin": 1.05}'
CALL bench.ask_each('operators', 'ILIKE, trigrams', 1, 'SELECT id, title FROM item WHERE title ILIKE ''%%ZEBRA123 %%'' AND %s', :'admin');
CALL bench.ask_each('operators', 'LIKE, prefix', 1, 'SELECT id, title FROM item WHERE title LIKE ''zebra123 %%'' AND %s');
CALL bench.ask_each('operators', 'full text', 1, 'SELECT id, title FROM item WHERE body @@ to_tsquery(''simple'', ''w123 | w321'') AND %s');
CALL bench.ask_each('operators', 'jsonb', 1, 'SELECT id, title FROM item WHERE data @> ''{"kind": 123}'' AND %s');
CALL bench.ask_each('operators', 'array', 1, 'SELECT id, title FROM item WHERE tags @> ''{t123}'' AND %s');
CALL bench.ask_each('operators', 'points in a box', 1, 'SELECT id, title FROM item WHERE place <@ box ''((500,500),(545,545))'' AND %s');
CALL bench.ask_each('operators', 'nearest 20 points', 1, 'SELECT id, title FROM item WHERE %s ORDER BY place <-> point ''(500,500)'', id LIMIT 20');
CALL bench.ask_each('operators', 'nearest 20 vectors', 1,
    'SELECT id, title FROM item WHERE %s ORDER BY features OPERATOR(bench.<->) bench.cube ''(50,50,50,50,50,50)'', id LIMIT 20');
CALL bench.ask_each('operators', 'citext', 1, 'SELECT id, title FROM item WHERE code OPERATOR(bench.=) bench.citext ''c123'' AND %s');
CALL bench.ask_each('operators', 'numeric range', 1, 'SELECT id, title FROM item WHERE amount BETWEEN 5000 AND 5020 AND %s');
