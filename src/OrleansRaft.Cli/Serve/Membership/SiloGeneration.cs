using Npgsql;

namespace OrleansRaft.Cli.Serve.Membership;

/// <summary>
/// The number that tells the lives of a silo apart. Orleans takes the wall clock's seconds for it, and a silo that finds a greater number under its
/// address takes itself for the older one and ends: after the clock was put back, at every start. So it is the clock's, but always above those that
/// the membership table knows.
/// </summary>
internal sealed class SiloGeneration(int floor)
{
    private readonly int clock = SiloAddress.AllocateNewGeneration();

    /// <summary>Whether the clock is behind a former life.</summary>
    public bool IsAhead => floor >= clock;

    /// <summary>
    /// Reads what the table knows of this address. Before the silo is built: as soon as it is, its address is used. A table that is not there yet, or
    /// out of reach, says nothing; whoever starts again asks again.
    /// </summary>
    public static async Task<SiloGeneration> ReadAsync(ServeSettings settings, CancellationToken cancellation)
    {
        if (settings.Clustering != ClusteringKind.Postgres)
        {
            return new SiloGeneration(0);
        }

        try
        {
            await using var source = NpgsqlDataSource.Create(settings.Postgres[0]);
            await using var command = source.CreateCommand(
                "SELECT max(Generation) FROM raft.OrleansMembershipTable WHERE DeploymentId = $1 AND Address = $2 AND Port = $3");
            command.Parameters.AddWithValue(settings.ClusterId);
            command.Parameters.AddWithValue(settings.SiloAddress.ToString());
            command.Parameters.AddWithValue(settings.SiloPort);
            return new SiloGeneration(await command.ExecuteScalarAsync(cancellation) is int newest ? newest : 0);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException && !cancellation.IsCancellationRequested)
        {
            return new SiloGeneration(0);
        }
    }

    /// <summary>The number of this life.</summary>
    public int Next() => Math.Max(floor + 1, clock);
}
