using OrleansRaft.Integration.Tests;
using OrleansRaft.Testbed.PostgreSql;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace OrleansRaft.Integration.Tests;

/// <summary>One PostgreSQL server for all tests, started by the first that asks; each test makes a database of its own.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> server = new(() => PostgresServer.StartNewAsync());

    private static bool IsCi => Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>The server. Where there is none the test is skipped, except in CI, where it fails.</summary>
    public Task<PostgresServer> GetServerAsync() => OrSkipAsync(() => server.Value);

    /// <summary>The server, for a test that can do without one; null where there is none, except in CI, where the test fails.</summary>
    public async Task<PostgresServer?> FindServerAsync()
    {
        try
        {
            return await server.Value;
        }
        catch (PostgresUnavailableException) when (!IsCi)
        {
            return null;
        }
    }

    /// <summary>A server that the test may stop and kill.</summary>
    public static Task<PostgresServer> StartOwnServerAsync() => OrSkipAsync(() => PostgresServer.StartNewAsync());

    public async ValueTask DisposeAsync()
    {
        if (server.IsValueCreated && server.Value.IsCompletedSuccessfully)
        {
            await (await server.Value).DisposeAsync();
        }
    }

    /// <summary>Starts what needs a package that may be missing: then the test is skipped, except in CI, where it fails.</summary>
    public static async Task<T> OrSkipAsync<T>(Func<Task<T>> start)
    {
        try
        {
            return await start();
        }
        catch (PostgresUnavailableException exception) when (!IsCi)
        {
            Assert.Skip(exception.Message);
            throw;
        }
    }
}
