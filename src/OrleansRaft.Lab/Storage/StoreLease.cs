using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Lab.Storage;

/// <summary>
/// One node's lease at one shared disk: while it is valid, the node's replicas there may speak. A disk of the node's own needs none.
/// </summary>
internal sealed class StoreLease
{
    /// <summary>How long a successor waits for a predecessor that did not give its right back.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Extension = TimeSpan.FromSeconds(0.75);

    private readonly LabNode node;
    private readonly StoreConnection connection;
    private readonly List<LabReplicaLog> logs = [];
    private readonly List<LabReplicaLog> lost = [];

    private TimeSpan validUntil;
    private bool wasValid;
    private bool isStopped;

    public StoreLease(LabNode node, StoreConnection connection)
    {
        this.node = node;
        this.connection = connection;
        if (connection.IsShared)
        {
            Extend();
        }
    }

    /// <summary>Read from the node's own clock at the moment of asking, so that a paused node does not believe in an old answer.</summary>
    public bool IsValid => !connection.IsShared || (!isStopped && node.Clock.Now < validUntil);

    public void Add(LabReplicaLog log) => logs.Add(log);

    /// <summary>Another activation took a replica over: the next extension says so.</summary>
    public void Mark(LabReplicaLog log) => lost.Add(log);

    public void Stop() => isStopped = true;

    private void Extend()
    {
        if (isStopped)
        {
            return;
        }

        var sent = node.Clock.Now;
        connection.Perform(() =>
        {
            LabReplicaLog[] taken = [.. lost];
            lost.Clear();
            node.Perform(() => OnExtended(sent, taken));
        });
        node.Clock.Schedule(Extension, () => node.Perform(Extend));
    }

    private void OnExtended(TimeSpan sent, LabReplicaLog[] taken)
    {
        if (isStopped)
        {
            return;
        }

        foreach (var log in taken)
        {
            log.Stop(LogStopReason.Fenced, new StoreRefusedException($"{log.Stored.Key} was taken over by another activation"));
        }

        var until = sent + new TimeSpan(Length.Ticks / 10 * 9);
        validUntil = until > validUntil ? until : validUntil;
        TellChange();
        node.Clock.Schedule(validUntil - node.Clock.Now < TimeSpan.Zero ? TimeSpan.Zero : validUntil - node.Clock.Now, () => node.Perform(TellChange));
    }

    private void TellChange()
    {
        if (IsValid == wasValid || isStopped)
        {
            return;
        }

        wasValid = IsValid;
        foreach (var log in logs)
        {
            log.Tell(static events => events.OnRightToSpeakChanged());
        }
    }
}
