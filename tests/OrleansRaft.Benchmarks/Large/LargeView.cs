using Orleans.Concurrency;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>Tells from inside a silo, of which the client is, how a group stands, and what memory the silo takes.</summary>
[Alias("benchmark-large-view")]
public interface ILargeView : IGrainWithIntegerKey
{
    /// <summary>How a group stands.</summary>
    [Alias("look")]
    Task<LargeStatus> LookAsync(string group);

    /// <summary>What lives on the silo's heap, in bytes, after a full collection.</summary>
    [Alias("heap")]
    Task<long> CollectAsync();

    /// <summary>What the silo's heap is like, without a collection.</summary>
    [Alias("memory")]
    Task<LargeMemory> LookAtMemoryAsync();

    /// <summary>What held the silo up since it started.</summary>
    [Alias("stalls")]
    Task<Stall[]> LookAtStallsAsync();

    /// <summary>A new member takes the place of another; goes on with one that has joined already.</summary>
    /// <returns>What came of it so far, in words; empty when it is done.</returns>
    [Alias("replace")]
    Task<string> ReplaceAsync(string group, long replica);
}

/// <summary>What the heap of a silo is like, and what its collector did, since the process began.</summary>
/// <param name="Allocated">How many bytes were allocated.</param>
/// <param name="Committed">How many bytes the collector has of the system.</param>
/// <param name="Heap">How many bytes the last collection left, with the gaps between them.</param>
/// <param name="Gaps">How many bytes of these are gaps.</param>
/// <param name="LargeObjects">How many bytes of these are on the heap of large objects.</param>
/// <param name="Collections">How many collections there were of everything.</param>
/// <param name="LongestPause">The longest pause of the last few collections.</param>
[GenerateSerializer, Immutable, Alias("benchmark-large-memory")]
public sealed record LargeMemory(
    [property: Id(0)] long Allocated,
    [property: Id(1)] long Committed,
    [property: Id(2)] long Heap,
    [property: Id(3)] long Gaps,
    [property: Id(4)] long LargeObjects,
    [property: Id(5)] int Collections,
    [property: Id(6)] TimeSpan LongestPause)
{
    private const double Mebi = 1024 * 1024;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"allocated {Allocated / Mebi:0}, committed {Committed / Mebi:0}, heap {Heap / Mebi:0}, of it gaps {Gaps / Mebi:0}, large objects "
            + $"{LargeObjects / Mebi:0} MiB; {Collections} collections, the longest pause {LongestPause.TotalMilliseconds:0} ms");
}

/// <summary>How a group stands.</summary>
/// <param name="Leader">The replica that leads; 0 for none.</param>
/// <param name="Term">Its term.</param>
/// <param name="Voters">Who votes.</param>
/// <param name="Replicas">Its replicas.</param>
[GenerateSerializer, Immutable, Alias("benchmark-large-status")]
public sealed record LargeStatus(
    [property: Id(0)] long Leader, [property: Id(1)] long Term, [property: Id(2)] long[] Voters, [property: Id(3)] LargeReplica[] Replicas)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"leader {Leader} of term {Term}, voters {string.Join(' ', Voters)}; {string.Join("; ", Replicas.Select(static replica => $"{replica}"))}");
}

/// <summary>How a replica stands.</summary>
/// <param name="Replica">Which.</param>
/// <param name="Silo">Where it runs.</param>
/// <param name="Applied">The last entry that it has applied; negative when it did not answer.</param>
/// <param name="Commit">The last entry that it knows to be committed.</param>
/// <param name="Snapshot">The last entry of its snapshot.</param>
/// <param name="StateBytes">How many bytes its state has.</param>
[GenerateSerializer, Immutable, Alias("benchmark-large-replica")]
public sealed record LargeReplica(
    [property: Id(0)] long Replica,
    [property: Id(1)] string? Silo,
    [property: Id(2)] long Applied,
    [property: Id(3)] long Commit,
    [property: Id(4)] long Snapshot,
    [property: Id(5)] long StateBytes);

/// <inheritdoc cref="ILargeView"/>
[StatelessWorker]
internal sealed class LargeView(IRaftAdmin admin, StallWatch stalls) : Grain, ILargeView
{
    /// <inheritdoc/>
    public async Task<LargeStatus> LookAsync(string group)
    {
        var view = await admin.GetGroupAsync(group) ?? throw new InvalidOperationException($"There is no group {group}.");
        return new LargeStatus(
            view.Leader?.Value ?? 0,
            view.Term.Value,
            [.. view.Configuration.Voters.Select(static voter => voter.Value)],
            [
                .. view.Replicas.Select(static replica => new LargeReplica(
                    replica.Replica.Value,
                    replica.Silo,
                    replica.Snapshot?.Status.AppliedIndex.Value ?? -1,
                    replica.Snapshot?.Status.HardState.CommitIndex.Value ?? -1,
                    replica.Snapshot?.Status.Snapshot.LastIncluded.Index.Value ?? 0,
                    replica.Snapshot?.StateBytes ?? 0)),
            ]);
    }

    /// <inheritdoc/>
    public Task<long> CollectAsync() => Task.FromResult(GC.GetTotalMemory(forceFullCollection: true));

    /// <inheritdoc/>
    public Task<LargeMemory> LookAtMemoryAsync()
    {
        var last = GC.GetGCMemoryInfo(GCKind.Any);
        GCMemoryInfo[] kinds =
        [
            last, GC.GetGCMemoryInfo(GCKind.Background), GC.GetGCMemoryInfo(GCKind.FullBlocking), GC.GetGCMemoryInfo(GCKind.Ephemeral),
        ];
        var pause = TimeSpan.Zero;
        foreach (var kind in kinds)
        {
            foreach (var one in kind.PauseDurations)
            {
                pause = one > pause ? one : pause;
            }
        }

        return Task.FromResult(new LargeMemory(
            GC.GetTotalAllocatedBytes(),
            last.TotalCommittedBytes,
            last.HeapSizeBytes,
            last.FragmentedBytes,
            last.GenerationInfo[3].SizeAfterBytes,
            GC.CollectionCount(2),
            pause));
    }

    /// <inheritdoc/>
    public Task<Stall[]> LookAtStallsAsync() => Task.FromResult(stalls.All());

    /// <inheritdoc/>
    public async Task<string> ReplaceAsync(string group, long replica)
    {
        var view = await admin.GetGroupAsync(group) ?? throw new InvalidOperationException($"There is no group {group}.");
        if (view.Configuration is { IsJoint: false } configuration && !configuration.IsVoter(new ReplicaId(replica)))
        {
            return "";
        }

        var joined = view.Configuration.Learners;
        var outcome = await admin.ChangeMembersAsync(
            group, new AddMember { Replaces = new ReplicaId(replica), Replica = joined.IsEmpty ? null : joined[0] });
        return outcome is Committed<Configuration> ? "" : outcome.ToString();
    }
}
