using Orleans.TestingHost;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Runtime;

namespace OrleansRaft.Testing;

/// <summary>What can go wrong. Faults are those of groups: grains that are not replicated, and Orleans' membership, go on.</summary>
public sealed partial class RaftTestCluster
{
    // The most that a fault lasts; tests end it before.
    private const int FaultSeconds = 600;

    /// <summary>Lets all replicas on a silo do nothing until <see cref="HealAsync"/>, for ten minutes at most, as a long pause would.</summary>
    /// <param name="silo">Which.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task PauseAsync(InProcessSiloHandle silo, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(silo);
        foreach (var group in await ListGroupsAsync(cancellation))
        {
            foreach (var replica in group.Replicas.Where(replica => replica.Silo == silo.Name))
            {
                await BeginAsync(new Fault { Kind = FaultKind.Pause, Group = group.Group, Replica = replica.Replica.Value }, cancellation);
            }
        }
    }

    /// <summary>Lets nothing pass between two silos, in either direction, until <see cref="HealAsync"/>, for ten minutes at most.</summary>
    /// <param name="one">One of them.</param>
    /// <param name="other">The other one.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public Task CutAsync(InProcessSiloHandle one, InProcessSiloHandle other, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return BeginAsync(new Fault { Kind = FaultKind.Cut, From = one.Name, To = other.Name }, cancellation);
    }

    /// <summary>Lets nothing pass between a silo and all others until <see cref="HealAsync"/>, for ten minutes at most.</summary>
    /// <param name="silo">Which.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public Task IsolateAsync(InProcessSiloHandle silo, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return BeginAsync(new Fault { Kind = FaultKind.Isolate, Silo = silo.Name }, cancellation);
    }

    /// <summary>Ends every pause and cut. What was cut off catches up in the background: see <see cref="WaitUntilReadyAsync"/>.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    public Task HealAsync(CancellationToken cancellation = default) => Service<IRaftFaults>(Silos[0]).HealAllAsync(cancellation);

    /// <summary>
    /// Moves the clock of all groups forward: what a grain sees as <c>Context.Time</c> is later by as much or more, and request ids are older.
    /// Timeouts, elections and leases go on by the system's clock.
    /// </summary>
    /// <param name="by">How far; more than zero.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TimeoutException">A group had no leader within the patience of the options.</exception>
    public async Task AdvanceAsync(TimeSpan by, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(by, TimeSpan.Zero);
        var due = new Dictionary<string, LogTime>();
        foreach (var group in await ListGroupsAsync(cancellation))
        {
            due[group.Group] = await StampAsync(group.Group, cancellation) + (long)Math.Ceiling(by.TotalMilliseconds);
        }

        clock.Advance(by);
        foreach (var (group, time) in due)
        {
            // A leader that was elected meanwhile counts on from its log, and has missed the move.
            while (await StampAsync(group, cancellation) is var reached && reached < time)
            {
                clock.Advance(TimeSpan.FromMilliseconds(time - reached));
            }
        }
    }

    /// <summary>Appends an entry that changes nothing, and reads its time.</summary>
    private async Task<LogTime> StampAsync(string group, CancellationToken cancellation)
    {
        var stamped = LogTime.Zero;
        await UntilAsync(
            async () =>
            {
                if (await Admin.CompareAsync(group, cancellation) is not Committed<Grains.Admin.GroupComparison> committed)
                {
                    return $"{group} takes no entry.";
                }

                var entries = await Admin.ReadLogAsync(group, new LogIndex(committed.Entry.Index.Value - 1), 1, cancellation);
                stamped = entries is [var entry, ..] ? entry.Time : LogTime.Zero;
                return entries is { Count: > 0 } ? null : $"the entry at {committed.Entry.Index} of {group} cannot be read.";
            },
            cancellation);
        return stamped;
    }

    private async Task BeginAsync(Fault fault, CancellationToken cancellation)
    {
        var outcome = await Service<IRaftFaults>(Silos[0]).BeginAsync(fault with { Seconds = FaultSeconds }, cancellation);
        if (outcome.Rejection is { } rejection)
        {
            throw new ArgumentException(rejection.Detail, nameof(fault));
        }
    }
}
