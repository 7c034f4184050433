using Npgsql;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>How we connect: what a log needs is set by us, whatever the connection string says.</summary>
internal static class Connections
{
    /// <summary>The settings of a session. A plan is made once for all sizes of batches, and by keys only: tables grow behind its back. A batch is to fit into memory.
    /// A statement whose client is gone ends, instead of holding up who asks what became of it.</summary>
    private const string SessionOptions =
        "-c synchronous_commit=on -c statement_timeout=0 -c plan_cache_mode=force_generic_plan"
        + " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off"
        + " -c work_mem=64MB -c client_connection_check_interval=1000";

    /// <summary>A connection string with our settings.</summary>
    public static string Complete(PostgreSqlStoreOptions options, string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = $"OrleansRaft {options.SiloName}",
            Timeout = (int)Math.Max(1, Math.Ceiling(options.StatementTimeout.TotalSeconds)),
            CommandTimeout = (int)Math.Max(1, Math.Ceiling(options.StatementTimeout.TotalSeconds)),
            CancellationTimeout = -1,
            NoResetOnClose = true,
            TcpKeepAlive = true,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            Enlist = false,
        };
        settings.Options = string.IsNullOrEmpty(settings.Options) ? SessionOptions : $"{settings.Options} {SessionOptions}";
        return settings.ConnectionString;
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
}
