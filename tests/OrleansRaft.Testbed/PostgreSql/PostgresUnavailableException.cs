namespace OrleansRaft.Testbed.PostgreSql;

/// <summary>PostgreSQL's programs are not on this machine and cannot be installed.</summary>
public sealed class PostgresUnavailableException : Exception
{
    public PostgresUnavailableException()
    {
    }

    public PostgresUnavailableException(string message)
        : base(message)
    {
    }

    public PostgresUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
