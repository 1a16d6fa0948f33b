import com.zaxxer.hikari.HikariDataSource;
import java.sql.*;
import java.util.*;
import org.postgresql.PGStatement;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

public class Jdbc {
    static final String VERSION = "JDBC " + org.postgresql.util.DriverInfo.DRIVER_VERSION + " (HikariCP)";

    // Behind a pooler that does not share prepared statements: prepareThreshold=0. pgbouncer also needs
    // ignore_startup_parameters = extra_float_digits.
    static HikariDataSource connect(String address, String user, String password) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl("jdbc:postgresql://" + address + "?prepareThreshold=0");
        pool.setUsername(user);
        pool.setPassword(password);
        pool.setAutoCommit(false);
        pool.setMaximumPoolSize(2);
        pool.setMinimumIdle(0);
        return pool;
    }

    interface Work {
        Object in(Connection db) throws Exception;
    }

    // One transaction, on behalf of somebody.
    static Object acting(HikariDataSource pool, Long key, String token, Work work) throws Exception {
        try (Connection db = pool.getConnection()) {
            try {
                if (key != null) run(db, "SELECT clearance.set_actor(key => ?)", key);
                if (token != null) run(db, "SELECT clearance.authenticate(?)", token);
                Object result = work.in(db);
                db.commit();
                return result;
            } catch (Exception e) {
                db.rollback();
                throw e;
            }
        }
    }

    // What there is to say of a refusal.
    static List<String> told(Exception e) {
        ServerErrorMessage m = e instanceof PSQLException ? ((PSQLException) e).getServerErrorMessage() : null;
        if (m == null) return Arrays.asList(e.getClass().getSimpleName(), null, null, e.getMessage());
        return Arrays.asList(m.getSQLState(), m.getConstraint(), m.getColumn(), m.getMessage(), m.getDetail(), m.getHint());
    }

    static Object list(Connection db) throws SQLException {
        return run(db, "SELECT * FROM app.task ORDER BY id");
    }

    static Object page(Connection db, long offset, long limit) throws SQLException {
        return run(db, "SELECT * FROM app.task ORDER BY title, id OFFSET ? LIMIT ?", offset, limit);
    }

    static Object lookup(Connection db, long id) throws SQLException {
        return run(db, "SELECT * FROM app.task WHERE id = ?", id);
    }

    static Object count(Connection db) throws SQLException {
        return run(db, "SELECT count(*) FROM app.entry").get(0).get("count");
    }

    static Object join(Connection db) throws SQLException {
        return run(db, "SELECT t.*, string_agg(e.text, ', ' ORDER BY e.id) AS entries"
            + " FROM app.task t LEFT JOIN app.entry e ON e.task_id = t.id GROUP BY t.id ORDER BY t.id");
    }

    // not behind a pooler in transaction mode, unless that shares prepared statements
    static Object prepared(Connection db, long id) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement("SELECT * FROM app.task WHERE id = ?")) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(1);
            statement.setLong(1, id);
            return rows(statement.executeQuery());
        }
    }

    static Map<String, Object> insert(Connection db, String ref, long task, String text) throws SQLException {
        return run(db, "INSERT INTO app.entry (ref, task_id, text) VALUES (?, ?, ?) RETURNING *", ref, task, text).get(0);
    }

    static Object save(Connection db, String ref, long task, String text) throws SQLException {
        Object id = insert(db, ref, task, "draft").get("id");
        return run(db, "UPDATE app.entry SET text = ? WHERE id = ? RETURNING *", text, id);
    }

    static Object update(Connection db, long id, String text) throws SQLException {
        return change(db, "UPDATE app.entry SET text = ? WHERE id = ?", text, id);
    }

    static Object update_all(Connection db, long id, String text) throws SQLException {
        Map<String, Object> e = run(db, "SELECT * FROM app.entry WHERE id = ?", id).get(0);
        return change(db, "UPDATE app.entry SET task_id = ?, author_id = ?, ref = ?, text = ?, hours = ?, rate = ?, approved = ?"
            + " WHERE id = ?", e.get("task_id"), e.get("author_id"), e.get("ref"), text, e.get("hours"), e.get("rate"), e.get("approved"), id);
    }

    static Object move(Connection db, long id, long task) throws SQLException {
        return change(db, "UPDATE app.entry SET task_id = ? WHERE id = ?", task, id);
    }

    static Object approve(Connection db, long id) throws SQLException {
        return change(db, "UPDATE app.entry SET approved = true WHERE id = ?", id);
    }

    static Object upsert(Connection db, String ref, long task, String text) throws SQLException {
        return run(db, "INSERT INTO app.entry (ref, task_id, text) VALUES (?, ?, ?)"
            + " ON CONFLICT (ref) DO UPDATE SET text = excluded.text RETURNING *", ref, task, text);
    }

    static Object delete(Connection db, long id) throws SQLException {
        return change(db, "DELETE FROM app.entry WHERE id = ?", id);
    }

    static Object savepoint(Connection db, String ref, long task, long hidden) throws SQLException {
        Savepoint before = db.setSavepoint();
        try {
            return insert(db, ref, hidden, "lost");
        } catch (SQLException e) {
            db.rollback(before);
            return insert(db, ref, task, "kept");
        }
    }

    static Object create_task(Connection db, long project, String title) throws SQLException {
        return run(db, "INSERT INTO app.task (project_id, title) VALUES (?, ?) RETURNING *", project, title);
    }

    private static PreparedStatement prepare(Connection db, String sql, Object... values) throws SQLException {
        PreparedStatement statement = db.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
        return statement;
    }

    private static List<Map<String, Object>> run(Connection db, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(db, sql, values)) {
            return rows(statement.executeQuery());
        }
    }

    private static int change(Connection db, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(db, sql, values)) {
            return statement.executeUpdate();
        }
    }

    private static List<Map<String, Object>> rows(ResultSet result) throws SQLException {
        List<Map<String, Object>> rows = new ArrayList<>();
        while (result.next()) {
            Map<String, Object> row = new HashMap<>();
            for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) row.put(result.getMetaData().getColumnName(i), result.getObject(i));
            rows.add(row);
        }
        return rows;
    }
}
