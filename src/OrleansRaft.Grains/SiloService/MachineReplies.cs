using System.Collections.Concurrent;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime.Pulses;

namespace OrleansRaft.Grains.SiloService;

/// <summary>
/// Replies that come from the threads of users' state machines. One after the other they would each be a batch of their own, and a thread of the pool
/// woken for it; in the next pass of a step worker they go together, and with what the replicas of that pass have to say.
/// </summary>
/// <param name="lanes">The ways to other silos.</param>
/// <param name="worker">Whose passes these are. It runs no user's code, so that no reply waits for any.</param>
internal sealed class MachineReplies(Lanes lanes, StepWorker worker) : IPulseMember
{
    private readonly ConcurrentQueue<(SiloAddress To, LaneFrame Frame)> waiting = new();
    private int isPosted;

    /// <summary>Sends a reply soon. Any thread.</summary>
    public void Send(SiloAddress to, LaneFrame frame)
    {
        waiting.Enqueue((to, frame));
        if (Interlocked.Exchange(ref isPosted, 1) == 0)
        {
            worker.Post(this);
        }
    }

    /// <inheritdoc/>
    void IPulseMember.TakeTurn()
    {
        // What comes from here on asks for another turn.
        Interlocked.Exchange(ref isPosted, 0);
        while (waiting.TryDequeue(out var one))
        {
            lanes.Send(one.To, one.Frame);
        }
    }
}
