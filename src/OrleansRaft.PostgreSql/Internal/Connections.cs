using Npgsql;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// How we connect: what a log needs is set by us, whatever the connection string says. What a session needs is in <see cref="Sessions"/>.
/// </summary>
internal static class Connections
{
    /// <summary>
    /// After how many seconds of silence the system asks whether the other end is still there: often enough for networks that forget connections
    /// quickly.
    /// </summary>
    private const int KeepAliveSeconds = 3;

    /// <summary>A connection string with our settings.</summary>
    /// <param name="options">How servers are used.</param>
    /// <param name="connectionString">The server.</param>
    /// <param name="mayPrepare">Whether a statement finds what an earlier one prepared; not so behind a pooler.</param>
    public static string Complete(PostgreSqlStoreOptions options, string connectionString, bool mayPrepare = true)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = $"OrleansRaft {options.SiloName}",
            Timeout = (int)Math.Max(1, Math.Ceiling(options.StatementTimeout.TotalSeconds)),
            CommandTimeout = (int)Math.Max(1, Math.Ceiling(options.StatementTimeout.TotalSeconds)),
            CancellationTimeout = -1,
            NoResetOnClose = true,
            MaxAutoPrepare = mayPrepare ? 64 : 0,
            AutoPrepareMinUsages = 2,
            Enlist = false,
        };
        KeepAlive(settings);
        return settings.ConnectionString;
    }

    /// <summary>
    /// A connection string for Orleans' AdoNet providers: their names are looked up in our schema only, and a server that is away, or a connection
    /// that was forgotten on the way, costs seconds. What the string says of times holds.
    /// </summary>
    /// <exception cref="ArgumentException">It cannot be read; see <see cref="Require"/>.</exception>
    public static string CompleteForOrleans(string connectionString)
    {
        Require(connectionString);
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Sql.Schema, NoResetOnClose = true };
        Default(settings, "Timeout", 5);
        Default(settings, "Command Timeout", 5);
        Default(settings, "Cancellation Timeout", -1);

        // The providers take a connection from the pool for each statement: one that lies there has to be tried from time to time, or it is
        // forgotten on the way.
        Default(settings, "Keepalive", KeepAliveSeconds);
        KeepAlive(settings);
        return settings.ConnectionString;
    }

    /// <summary>Demands that a connection string can be read. The sentence does not repeat it: it may hold a password.</summary>
    /// <exception cref="ArgumentException">It cannot; the message says what one looks like, the inner exception which part is wrong.</exception>
    public static void Require(string connectionString)
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException unreadable)
        {
            throw new ArgumentException(
                "This is no connection string of PostgreSQL. Write it like 'Host=127.0.0.1;Port=5432;Username=...;Password=...;Database=...', not as "
                    + "an address that begins with postgres://.",
                nameof(connectionString),
                unreadable);
        }
    }

    /// <summary>Names a server for people; without user and password.</summary>
    public static string Describe(string connectionString)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            return $"{settings.Host}:{settings.Port}/{settings.Database ?? settings.Username}";
        }
        catch (ArgumentException)
        {
            return "an unreadable connection string";
        }
    }

    private static void Default(NpgsqlConnectionStringBuilder settings, string key, object value)
    {
        if (!settings.ShouldSerialize(key))
        {
            settings[key] = value;
        }
    }

    private static void KeepAlive(NpgsqlConnectionStringBuilder settings)
    {
        settings.TcpKeepAlive = true;
        settings.TcpKeepAliveTime = KeepAliveSeconds;
        settings.TcpKeepAliveInterval = 1;
    }
}
