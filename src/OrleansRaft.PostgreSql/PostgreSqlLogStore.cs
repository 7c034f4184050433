using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.PostgreSql.Internal;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql;

/// <summary>A log store on one or several independent PostgreSQL servers: replica k of a group logs to server (k - 1) mod n.</summary>
/// <remarks>With one server a group survives the loss of silos, not of the server; with three it survives the loss of a server too.</remarks>
internal sealed class PostgreSqlLogStore : ILogStore
{
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(1.5);

    private readonly PostgreSqlStoreOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly AlarmBoard? alarms;
    private readonly ClusterCreation creation;
    private readonly long firstLease = ActivationNonce.New();
    private readonly CancellationTokenSource closing = new();
    private readonly CancellationToken closed;
    private readonly TaskCompletionSource<PostgreSqlServer>[] servers;
    private readonly List<Task> preparations = [];
    private ServerConnection[] connections = [];

    /// <summary>Makes the store; nothing is connected before <see cref="InitializeAsync"/>.</summary>
    /// <param name="options">Which servers.</param>
    /// <param name="time">The clock of leases.</param>
    /// <param name="logger">For people.</param>
    /// <param name="alarms">Where to say that a server is out of reach; null for nowhere.</param>
    public PostgreSqlLogStore(PostgreSqlStoreOptions options, TimeProvider time, ILogger logger, AlarmBoard? alarms = null)
    {
        this.alarms = alarms;
        this.options = options;
        this.time = time;
        this.logger = logger;
        creation = new ClusterCreation(options, logger);
        closed = closing.Token;
        servers =
        [
            .. options.ConnectionStrings.Select(
                static _ => new TaskCompletionSource<PostgreSqlServer>(TaskCreationOptions.RunContinuationsAsynchronously)),
        ];
    }

    /// <inheritdoc/>
    public string LocalId => "";

    /// <inheritdoc/>
    public string SharedId => creation.SharedId;

    /// <summary>The servers that have not answered since the store was opened, by host, port and database.</summary>
    internal IReadOnlyList<string> Away =>
        [.. servers.Index().Where(static server => !server.Item.Task.IsCompletedSuccessfully).Select(server => Describe(server.Index))];

    /// <inheritdoc/>
    public async Task<ClusterDefinition> InitializeAsync(ClusterDefinition wanted, CancellationToken cancellation)
    {
        RequireServers(wanted);
        var definition = await PatientlyAsync(0, options.StartTimeout, () => creation.PrepareFirstAsync(wanted, cancellation), cancellation);
        if (connections.Length > 0)
        {
            return definition;
        }

        if (options.Silo is { } silo)
        {
            var registration = new SiloRegistration(silo, firstLease, options.Leases.Duration, time);
            await PatientlyAsync(
                0, options.StartTimeout, () => creation.RegisterAsync(registration, definition.ClusterId, cancellation), cancellation);
        }

        connections = [.. options.ConnectionStrings.Select((_, number) => new ServerConnection(options, number, definition.ClusterId, logger))];
        var further = await Task.WhenAll(
            Enumerable.Range(1, servers.Length - 1).Select(number => PrepareFurtherAsync(definition, number, cancellation)));
        await ReadWitnessesAsync([0, .. further.Where(static number => number is not null).Select(static number => number!.Value)], cancellation);
        Start(0, definition);
        for (var number = 1; number < servers.Length; number++)
        {
            if (further[number - 1] is not null)
            {
                Start(number, definition);
            }
            else
            {
                preparations.Add(PrepareLaterAsync(definition, number));
            }
        }

        return definition;
    }

    /// <inheritdoc/>
    public async Task<ClusterDefinition> AttachAsync(CancellationToken cancellation)
    {
        var stored = await PatientlyAsync(
            0, options.StartTimeout, () => ClusterCreation.FindAsync(options.ConnectionStrings[0], cancellation), cancellation);
        return await InitializeAsync(
            stored ?? throw ClusterRow.NotThere($"PostgreSQL at {Connections.Describe(options.ConnectionStrings[0])}"), cancellation);
    }

    /// <inheritdoc/>
    public async Task<ClusterDefinition> ReadClusterAsync(CancellationToken cancellation)
    {
        await using var open = await connections[0].OpenAsync(cancellation);
        return ClusterRow.Read(await ClusterCreation.RequireClusterAsync(open, connections[0].Name, cancellation));
    }

    /// <inheritdoc/>
    public async Task<ClusterDefinition> ChangeClusterAsync(Func<ClusterDefinition, ClusterDefinition> change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        await using var open = await connections[0].OpenAsync(cancellation);
        while (true)
        {
            var stored = await ClusterCreation.RequireClusterAsync(open, connections[0].Name, cancellation);
            var changed = change(ClusterRow.Read(stored));
            if (await ClusterCreation.ReplaceClusterAsync(open, stored, ClusterRow.Write(changed), cancellation))
            {
                return changed;
            }
        }
    }

    /// <summary>The runs of silos that have a lease on server 0, those that ended lately included.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<IReadOnlyList<SiloRun>> ListSilosAsync(CancellationToken cancellation)
    {
        await using var open = await connections[0].OpenAsync(cancellation);
        return await SiloRegistration.ReadAllAsync(open, cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReplicaLog> OpenAsync(ReplicaKey key, IReplicaLogEvents events, CancellationToken cancellation)
    {
        var server = await ServerOfAsync(key, cancellation);
        return await server.OpenAsync(key, events, cancellation);
    }

    /// <inheritdoc/>
    public async Task CreateReplicaAsync(ReplicaKey key, Configuration initial, CancellationToken cancellation)
    {
        var server = await ServerOfAsync(key, cancellation);
        await server.CreateReplicaAsync(key, initial, cancellation);
    }

    /// <summary>The replicas that have a place on a server that can be reached.</summary>
    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReplicaKey>> ListReplicasAsync(CancellationToken cancellation)
    {
        var replicas = new List<ReplicaKey>();
        for (var number = 0; number < servers.Length; number++)
        {
            if (!servers[number].Task.IsCompletedSuccessfully)
            {
                continue;
            }

            await using var open = await connections[number].OpenAsync(cancellation);
            await using var command = Sql.Command(open, "SELECT group_name, replica FROM raft.replica ORDER BY id");
            await using var row = await command.ExecuteReaderAsync(cancellation);
            while (await row.ReadAsync(cancellation))
            {
                replicas.Add(new ReplicaKey(row.GetString(0), new ReplicaId(row.GetInt64(1))));
            }
        }

        return replicas;
    }

    /// <inheritdoc/>
    public IStoredReplica Look(ReplicaKey key) =>
        new PostgreSqlStoredReplica(connections[ClusterCreation.ServerOf(key, servers.Length)].OpenAsync, key);

    /// <inheritdoc/>
    public async Task<bool> DeleteReplicaAsync(ReplicaKey key, CancellationToken cancellation)
    {
        var server = await ServerOfAsync(key, cancellation);
        return await server.DeleteReplicaAsync(key, cancellation);
    }

    /// <inheritdoc/>
    public async Task<SiloLives?> ReadLivesAsync(string silo, CancellationToken cancellation)
    {
        await using var open = await connections[0].OpenAsync(cancellation);
        return await LifeStatements.ReadLivesAsync(open, silo, cancellation);
    }

    /// <inheritdoc/>
    public async Task WriteLivesAsync(string silo, SiloLives lives, CancellationToken cancellation)
    {
        await using var open = await connections[0].OpenAsync(cancellation);
        await LifeStatements.WriteLivesAsync(open, silo, lives, cancellation);
    }

    /// <inheritdoc/>
    public async Task<ClusterLevels?> ReadLevelsAsync(CancellationToken cancellation)
    {
        await using var open = await connections[0].OpenAsync(cancellation);
        return await LevelStatements.ReadAsync(open, cancellation);
    }

    /// <inheritdoc/>
    public async Task<ClusterLevels?> ChangeLevelsAsync(Func<ClusterLevels?, ClusterLevels?> change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        await using var open = await connections[0].OpenAsync(cancellation);
        return await LevelStatements.ChangeAsync(open, connections[0].Name, change, logger, cancellation);
    }

    /// <summary>Throws when so many servers do not take a write that groups can have no majority.</summary>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        // Side by side, each with a time of its own: one server that hangs must not hide that the others answer.
        var failures = (await Task.WhenAll(servers.Select(server => FindTroubleAsync(server, cancellation)))).OfType<Exception>().ToList();
        if (failures.Count * 2 >= servers.Length && failures.Count > 0)
        {
            throw new StoreRefusedException(
                $"{failures.Count} of {servers.Length} PostgreSQL server(s) take no writes: {failures[0].Message}", failures[0]);
        }
    }

    private string Describe(int server) => Connections.Describe(options.ConnectionStrings[server]);

    private static async Task<Exception?> FindTroubleAsync(TaskCompletionSource<PostgreSqlServer> server, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(CheckTimeout);
        try
        {
            var ready = server.Task.IsCompletedSuccessfully
                ? await server.Task
                : throw new StoreRefusedException("a PostgreSQL server has not answered since this silo started");
            await ready.CheckAsync(patience.Token).WaitAsync(patience.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new TimeoutException($"no answer within {CheckTimeout.TotalSeconds:0.#} s");
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            return exception;
        }
    }

    /// <inheritdoc/>
    public void BeginPulse()
    {
        foreach (var server in servers)
        {
            if (server.Task.IsCompletedSuccessfully)
            {
                server.Task.Result.Writer.BeginPulse();
            }
        }
    }

    /// <inheritdoc/>
    public void EndPulse()
    {
        foreach (var server in servers)
        {
            if (server.Task.IsCompletedSuccessfully)
            {
                server.Task.Result.Writer.EndPulse();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (closing.IsCancellationRequested)
        {
            return;
        }

        await closing.CancelAsync();
        await Task.WhenAll(preparations);
        foreach (var server in servers)
        {
            if (server.Task.IsCompletedSuccessfully)
            {
                await (await server.Task).DisposeAsync();
            }

            server.TrySetCanceled(closed);
        }

        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }

        closing.Dispose();
    }

    private Task<PostgreSqlServer> ServerOfAsync(ReplicaKey key, CancellationToken cancellation) =>
        servers[ClusterCreation.ServerOf(key, servers.Length)].Task.WaitAsync(cancellation);

    private void RequireServers(ClusterDefinition wanted)
    {
        if (servers.Length == 0)
        {
            throw new StoreRefusedException("no PostgreSQL server is named: give at least one connection string");
        }

        if (wanted.Servers != servers.Length)
        {
            throw new StoreRefusedException(
                $"the cluster is configured with {wanted.Servers} server(s), but {servers.Length} connection string(s) are given: "
                    + "name each server once, always in the same order");
        }
    }

    /// <summary>Tries for a while to prepare one of the further servers; null when it does not answer.</summary>
    private async Task<int?> PrepareFurtherAsync(ClusterDefinition definition, int number, CancellationToken cancellation)
    {
        try
        {
            return await PatientlyAsync(
                number,
                options.FurtherServersTimeout,
                async () =>
                {
                    await creation.PrepareFurtherAsync(definition, number, cancellation);
                    return number;
                },
                cancellation);
        }
        catch (StoreRefusedException exception) when (exception.InnerException is { } cause && Failures.IsPassing(cause))
        {
            Log.ServerNotReady(logger, number, connections[number].Name, exception.Message);
            return null;
        }
    }

    private async Task PrepareLaterAsync(ClusterDefinition definition, int number)
    {
        var backOff = default(BackOff);
        while (!closed.IsCancellationRequested)
        {
            try
            {
                await creation.PrepareFurtherAsync(definition, number, closed);
                await ReadWitnessesAsync([number], closed);
                Start(number, definition);
                return;
            }
            catch (OperationCanceledException) when (closed.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Alarms.Report(alarms, connections[number].Name, exception);
                if (backOff.Count % 10 == 1)
                {
                    Log.ServerNotReady(logger, number, connections[number].Name, exception.Message);
                }
            }

            await Task.WhenAny(backOff.WaitAsync(closed));
        }
    }

    private void Start(int number, ClusterDefinition definition)
    {
        Log.ServerReady(logger, number, connections[number].Name, definition.ClusterId);
#pragma warning disable CA2000 // The store disposes its servers.
        servers[number].SetResult(
            new PostgreSqlServer(
                options, number == 0 ? firstLease : ActivationNonce.New(), connections[number], () => CountersExcept(number), time, logger, alarms));
#pragma warning restore CA2000
    }

    /// <summary>What the servers noted of each other, before any of them is believed.</summary>
    private async Task ReadWitnessesAsync(IReadOnlyList<int> numbers, CancellationToken cancellation)
    {
        foreach (var number in numbers)
        {
            var notes = await PatientlyAsync(number, options.FurtherServersTimeout, () => ReadWitnessesAsync(number, cancellation), cancellation);
            foreach (var (server, counter) in notes)
            {
                connections[server].NoteCounter(counter);
            }
        }

        // The connections that read the notes were made before the notes were known.
        foreach (var connection in connections)
        {
            connection.ForgetIdle();
        }
    }

    private async Task<List<(int Server, long Counter)>> ReadWitnessesAsync(int number, CancellationToken cancellation)
    {
        var notes = new List<(int Server, long Counter)>();
        await using var open = await connections[number].OpenAsync(cancellation);
        await using var command = Sql.Command(open, "SELECT server, counter FROM raft.witness");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            notes.Add((reader.GetInt32(0), reader.GetInt64(1)));
        }

        return notes;
    }

    private (int[] Numbers, long[] Counters) CountersExcept(int number)
    {
        var others = Array.FindAll(connections, other => other.Number != number && other.CounterSeen > 0);
        return ([.. others.Select(static other => other.Number)], [.. others.Select(static other => other.CounterSeen)]);
    }

    private Task<T> PatientlyAsync<T>(int number, TimeSpan patience, Func<Task<T>> work, CancellationToken cancellation) =>
        Patience.RunAsync(options.ConnectionStrings[number], patience, logger, work, cancellation);
}
