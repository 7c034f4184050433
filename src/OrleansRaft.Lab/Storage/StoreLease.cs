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

    private readonly ILabProcess process;
    private readonly bool isShared;
    private readonly Action<Action> reach;
    private readonly List<ILabLog> logs = [];
    private readonly List<ILabLog> lost = [];

    private TimeSpan validUntil;
    private bool wasValid;
    private bool isStopped;

    /// <param name="process">Whose lease it is.</param>
    /// <param name="isShared">Whether other processes reach the disk, too.</param>
    /// <param name="reach">Does something after the disk's latency.</param>
    public StoreLease(ILabProcess process, bool isShared, Action<Action> reach)
    {
        this.process = process;
        this.isShared = isShared;
        this.reach = reach;
        if (isShared)
        {
            Extend();
        }
    }

    /// <summary>Read from the node's own clock at the moment of asking, so that a paused node does not believe in an old answer.</summary>
    public bool IsValid => !isShared || (!isStopped && process.Clock.Now < validUntil);

    public void Add(ILabLog log) => logs.Add(log);

    /// <summary>Another activation took a replica over: the next extension says so.</summary>
    public void Mark(ILabLog log) => lost.Add(log);

    public void Stop() => isStopped = true;

    private void Extend()
    {
        if (isStopped)
        {
            return;
        }

        var sent = process.Clock.Now;
        reach(() =>
        {
            ILabLog[] taken = [.. lost];
            lost.Clear();
            process.Perform(() => OnExtended(sent, taken));
        });
        process.Clock.Schedule(Extension, () => process.Perform(Extend));
    }

    private void OnExtended(TimeSpan sent, ILabLog[] taken)
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
        process.Clock.Schedule(
            validUntil - process.Clock.Now < TimeSpan.Zero ? TimeSpan.Zero : validUntil - process.Clock.Now, () => process.Perform(TellChange));
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
