using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Liveness;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.SiloService;

/// <summary>This silo's end of all lanes. Its methods interleave at every await, and the hot one never awaits.</summary>
[Reentrant]
internal sealed class RaftLaneService(
    GrainId id,
    Silo silo,
    ILoggerFactory loggers,
    GroupTable groups,
    ClusterMembership silos,
    ReplicaRequests requests,
    LivenessMonitor<SiloAddress> liveness,
    EventRecorder events,
    FaultTable faults,
    StateMachineRegistry machines,
    SetCreation creation,
    CatalogueSignal nudge,
    AlarmBoard board,
    StoreAgreement agreement,
    ILogStore store,
    LaneMetrics metrics,
    TimeProvider time)
    : GrainService(id, silo, loggers), IRaftLaneService
{
    // What cannot be read is seldom alone.
    private static readonly TimeSpan PauseBetweenWarnings = TimeSpan.FromSeconds(10);

    private readonly ILogger logger = loggers.CreateLogger<RaftLaneService>();
    private long warnedAt;

    /// <inheritdoc/>
    public Task<byte[]> ExchangeAsync(SiloAddress from, byte[] batch)
    {
        // A silo that was declared dead may still run for a moment: its replicas have successors.
        if (silos.IsDead(from))
        {
            return Task.FromResult(LaneBatchCodec.EncodeAnswer([new FrameMiss(0, FrameFate.LostWithRest)]));
        }

        var delivery = new Delivery(requests, metrics, from, batch.Length);
        LaneBatchCodec.Decode(batch, groups, delivery);
        if (delivery.FirstUnreadable is { } exception && IsTimeToTell())
        {
            Log.FramesUnreadable(logger, exception, delivery.Unreadable, batch.Length, from);
        }

        return Task.FromResult(LaneBatchCodec.EncodeAnswer(delivery.Misses));
    }

    /// <inheritdoc/>
    public Task HeartbeatAsync(SiloAddress from, SiloHeartbeat heartbeat)
    {
        if (!silos.IsDead(from))
        {
            liveness.OnHeartbeat(from, heartbeat);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<int[]> CompareQuiescenceAsync(QuiescenceClaim[] claims) => Task.FromResult<int[]>([.. liveness.Compare(claims)]);

    /// <inheritdoc/>
    public Task<Inventory> LocateAsync(ReplicaName[] wanted) => Task.FromResult(Describe(wanted.Select(Find).OfType<ILocalReplica>()));

    /// <inheritdoc/>
    public Task<Inventory> TakeInventoryAsync() => Task.FromResult(Describe(groups.Hosted));

    /// <inheritdoc/>
    public Task<ReplicaReport[]> InspectAsync(ReplicaName[] wanted) => ReportAsync(wanted, withDigests: false);

    /// <inheritdoc/>
    public Task<ReplicaReport[]> InspectWithDigestsAsync(ReplicaName[] wanted) => ReportAsync(wanted, withDigests: true);

    /// <inheritdoc/>
    public Task<bool> IsWorkingAsync(ReplicaName replica) => Task.FromResult(Find(replica) is { IsRunning: true, Driver.IsWorking: true });

    /// <inheritdoc/>
    public async Task<byte[]?> ReadLogAsync(ReplicaName replica, long after, int limit) => Find(replica) is { IsRunning: true } hosted
        ? EntryListCodec.Encode(await hosted.Driver.ReadLogAsync(new LogIndex(after), limit))
        : null;

    /// <inheritdoc/>
    public async Task<byte[]> TransferLeadershipAsync(ReplicaName replica, long target) => Find(replica) is { IsRunning: true } hosted
        ? RequestCodec.EncodeReplies(new ReplyBatch(
            [await hosted.Driver.TransferLeadershipAsync(target == 0 ? null : new ReplicaId(target))], LogTime.Zero))
        : [];

    /// <inheritdoc/>
    public async Task<byte[]> ChangeMembersAsync(ReplicaName replica, byte[] change)
    {
        if (Find(replica) is not { IsRunning: true } hosted)
        {
            return [];
        }

        var (changes, expectedVersion) = MemberChangeCodec.Decode(change);
        return RequestCodec.EncodeReplies(new ReplyBatch([await hosted.Driver.ChangeMembersAsync(changes, expectedVersion)], LogTime.Zero));
    }

    /// <inheritdoc/>
    public Task<EventPage> ReadEventsAsync(EventQuery query) => Task.FromResult(events.Read(query));

    /// <inheritdoc/>
    public Task<bool> BeginFaultAsync(Fault fault)
    {
        if (faults.IsEnabled)
        {
            faults.Begin(fault, isAskedHere: false);
        }

        return Task.FromResult(faults.IsEnabled);
    }

    /// <inheritdoc/>
    public Task HealFaultAsync(string fault)
    {
        faults.Heal(fault);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<FaultReport[]> ListFaultsAsync() => Task.FromResult<FaultReport[]>([.. faults.All.Select(static one => new FaultReport(one.Fault, one.HealsIn))]);

    /// <inheritdoc/>
    public Task CreateReplicaAsync(ReplicaName replica, long version) => groups.Find(replica.Group) is { } group
        ? store.CreateReplicaAsync(
            new ReplicaKey(replica.Group, new ReplicaId(replica.Replica)),
            groups.Cluster.InitialConfiguration(group.Set, group.Number) with { Version = new LogIndex(version) },
            StoppedCancellationTokenSource.Token)
        : throw new StoreRefusedException($"This silo knows no group '{replica.Group}'.");

    /// <inheritdoc/>
    public Task<bool> OffersAsync(string set, int groups, int replicas) => Task.FromResult(machines.Wanted.Sets.Contains(new GroupSet(set, groups, replicas)));

    /// <inheritdoc/>
    public Task CreateGroupsAsync(string set, int groups, int replicas, int first, int count) =>
        creation.CreateHereAsync(new GroupSet(set, groups, replicas), first, count, StoppedCancellationTokenSource.Token);

    /// <inheritdoc/>
    public Task CatalogueChangedAsync()
    {
        nudge.Nudge();
        return Task.CompletedTask;
    }

    private bool IsTimeToTell()
    {
        var last = Interlocked.Read(ref warnedAt);
        return (last == 0 || time.GetElapsedTime(last) > PauseBetweenWarnings)
            && Interlocked.CompareExchange(ref warnedAt, time.GetTimestamp(), last) == last;
    }

    private async Task<ReplicaReport[]> ReportAsync(ReplicaName[] wanted, bool withDigests)
    {
        var reports = await Task.WhenAll(wanted.Select(Find).OfType<ILocalReplica>().Select(replica => ReportAsync(replica, withDigests)));
        return [.. reports.OfType<ReplicaReport>()];
    }

    private static async Task<ReplicaReport?> ReportAsync(ILocalReplica replica, bool withDigest)
    {
        // A paused replica would keep all the others waiting.
        if (!replica.IsRunning || replica.Faults is { IsPaused: true })
        {
            return null;
        }

        try
        {
            return ReplicaReport.Of(await replica.Driver.InspectAsync(withDigest));
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    private Inventory Describe(IEnumerable<ILocalReplica> replicas) => new(
        store.LocalId,
        [.. replicas.Select(InventoryItem.Of)],
        silos.IsStopping,
        board.Active is { Count: > 0 } alarms ? [.. alarms.Select(AlarmReport.Of)] : null,
        agreement.Mark,
        silos.IsDraining);

    private ILocalReplica? Find(ReplicaName name) => groups.Find(name.Group)?.Find(new ReplicaId(name.Replica))?.Local;

    /// <summary>Hands the frames of one batch over.</summary>
    private sealed class Delivery(ReplicaRequests requests, LaneMetrics metrics, SiloAddress from, int batchBytes) : ILaneReceiver
    {
        private List<FrameMiss>? misses;

        /// <summary>Which frames were not delivered.</summary>
        public IReadOnlyList<FrameMiss> Misses => misses ?? [];

        /// <summary>How often something could not be read or handed over.</summary>
        public int Unreadable { get; private set; }

        /// <summary>Why the first of them could not.</summary>
        public Exception? FirstUnreadable { get; private set; }

        public void OnMessage(int number, in ReceivedMessage message)
        {
            if (!message.Group.Slot(message.From).Learn(from, message.Epoch))
            {
                // A predecessor that still runs may know that nobody listens to it.
                Miss(number, FrameFate.Lost);
            }
            else if (message.Group.Slot(message.To).Local is not { } replica)
            {
                Miss(number, FrameFate.Absent);
            }
            else if (!replica.Deliver(message.From, MessageCodec.Decode(Own(message.Message))))
            {
                Miss(number, FrameFate.Lost);
            }
        }

        public void OnUnknownGroup(int number) => Miss(number, FrameFate.Lost);

        public void OnRequest(LaneFrameKind kind, long number, ReadOnlyMemory<byte> request) => requests.Serve(from, kind, number, Own(request));

        public void OnReplies(long number, ReadOnlyMemory<byte> replies) => requests.Complete(number, replies);

        public void OnLostReplies(long number) => requests.FailReplies(number);

        public void OnUnreadable(int number, bool isRest, Exception cause)
        {
            metrics.Unreadable();
            Unreadable++;
            FirstUnreadable ??= cause;
            Miss(number, isRest ? FrameFate.LostWithRest : FrameFate.Lost);
        }

        private void Miss(int number, FrameFate fate) => (misses ??= []).Add(new FrameMiss(number, fate));

        /// <summary>Entries stay in memory as slices of what they came in: they must not keep a batch that is much larger.</summary>
        private ReadOnlyMemory<byte> Own(ReadOnlyMemory<byte> slice) => slice.Length > batchBytes / 2 ? slice : slice.ToArray();
    }
}
