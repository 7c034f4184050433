using System.Buffers;
using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Sqlite;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>The node's replica: the same driver that silos run, its log in a local file, its peers reached by messages.</summary>
internal sealed class MaelstromReplica : IReplicaHost, IReplicaTransport, IAsyncDisposable
{
    /// <summary>The name of the only group.</summary>
    public const string Group = "maelstrom-0";

    private readonly Action<Action> post;
    private readonly Action<ReplicaId, ReadOnlyMemory<byte>> send;
    private readonly Action<Exception> stopped;
    private readonly SqliteLogStore store;
    private readonly RaftMetrics metrics = new();
    private IReplicaLog? log;

    private MaelstromReplica(
        ReplicaKey key,
        SqliteLogStore store,
        Action<Action> post,
        Action<ReplicaId, ReadOnlyMemory<byte>> send,
        Action<Exception> stopped,
        ILogger logger)
    {
        this.store = store;
        this.post = post;
        this.send = send;
        this.stopped = stopped;
        Driver = new ReplicaDriver(key, Options, KvMachine.Host(), this, this, TimeProvider.System, metrics, logger, (ulong)key.Replica.Value);
    }

    /// <summary>
    /// A network of pipes is slow, and delays messages on purpose: elections wait for half a second at least. Requests are remembered for an hour,
    /// which is longer than any network keeps a message. Nobody watches the other nodes, so the group never quiesces.
    /// </summary>
    public static RaftOptions Options { get; } = new()
    {
        TickInterval = TimeSpan.FromMilliseconds(50),
        HeartbeatTicks = 2,
        ElectionTicksMin = 10,
        ElectionTicksMax = 20,
        RequestRetention = TimeSpan.FromHours(1),
        QuiesceTicks = 0,
        RoundBytesMin = 0,
        RoundWaitMax = TimeSpan.Zero,
    };

    /// <summary>The driver.</summary>
    public ReplicaDriver Driver { get; }

    /// <summary>Opens the log in a directory, or makes it, and starts the replica.</summary>
    /// <param name="directory">Where the log is; of this node alone.</param>
    /// <param name="cluster">The name of the cluster with all its nodes: a directory of another one is refused.</param>
    /// <param name="replica">Which replica this is.</param>
    /// <param name="voters">How many there are.</param>
    /// <param name="post">Does something on the node's turn.</param>
    /// <param name="send">Sends an encoded message to another replica.</param>
    /// <param name="stopped">Told when the replica cannot go on.</param>
    /// <param name="logger">For people.</param>
    /// <exception cref="StoreRefusedException">The directory cannot be used; the message says why.</exception>
    /// <exception cref="CorruptDataException">What is stored there is damaged.</exception>
    public static async Task<MaelstromReplica> StartAsync(
        string directory,
        string cluster,
        int replica,
        int voters,
        Action<Action> post,
        Action<ReplicaId, ReadOnlyMemory<byte>> send,
        Action<Exception> stopped,
        ILogger logger)
    {
        var key = new ReplicaKey(Group, new ReplicaId(replica));
        var store = SqliteLogStore.Open(new SqliteStoreOptions { Directory = directory }, TimeProvider.System, logger);
        var started = new MaelstromReplica(key, store, post, send, stopped, logger);
        try
        {
            await store.InitializeAsync(new ClusterDefinition(cluster, [], 1, []), CancellationToken.None);
            started.log = await started.OpenAsync(key, Configuration.OfVoters(voters));
            await started.log.WaitUntilMaySpeakAsync(CancellationToken.None);
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Begins to take part. On the node's turn.</summary>
    public void Begin() => Driver.Start(log!);

    /// <summary>Takes a message of another replica. One that is damaged is lost.</summary>
    /// <returns>Whether it could be read.</returns>
    public bool Receive(ReplicaId from, ReadOnlyMemory<byte> encoded)
    {
        try
        {
            Driver.Receive(from, MessageCodec.Decode(encoded));
            return true;
        }
        catch (CorruptDataException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Schedule() => post(Driver.Run);

    /// <inheritdoc/>
    public void OnStopped(Exception cause) => stopped(cause);

    /// <inheritdoc/>
    public void Send(ReplicaId to, Message message)
    {
        var output = new ArrayBufferWriter<byte>(256);
        MessageCodec.Encode(message, output);
        send(to, output.WrittenMemory);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (log is not null)
        {
            await log.DisposeAsync();
        }

        await store.DisposeAsync();
        metrics.Dispose();
    }

    /// <summary>A directory that has no replica yet is new; one that has, goes on with what it remembers.</summary>
    private async Task<IReplicaLog> OpenAsync(ReplicaKey key, Configuration initial)
    {
        try
        {
            return await store.OpenAsync(key, Driver.LogEvents, CancellationToken.None);
        }
        catch (StoreRefusedException)
        {
            await store.CreateReplicaAsync(key, initial, CancellationToken.None);
            return await store.OpenAsync(key, Driver.LogEvents, CancellationToken.None);
        }
    }
}
