-- The workspace from nothing to answers, in an empty database. (./run demo keeps what load.sql makes for the next time.)
\ir load.sql
\ir show.sql
