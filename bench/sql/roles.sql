-- Who asks: a role for each road, and logins that are somebody. They are the server's, for all databases.
CREATE ROLE bench_ideal LOGIN;
CREATE ROLE bench_naive LOGIN;
CREATE ROLE bench_static LOGIN;
CREATE ROLE bench_tuned LOGIN;
CREATE ROLE bench_clearance LOGIN;
CREATE ROLE bench_fixed LOGIN;          -- a login that is one member, for connections with a fixed actor
CREATE ROLE bench_fixed_admin LOGIN;    -- the same, an account's admin
CREATE ROLE bench_web NOLOGIN;          -- what a REST server becomes for a request
CREATE ROLE bench_setting LOGIN IN ROLE bench_web;  -- and its login, whose requests say in a setting who asks
