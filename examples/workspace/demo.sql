-- ./run demo: loads the workspace, then looks at it as seven people.
\ir load.sql
\ir tour.sql
