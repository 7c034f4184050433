using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Pulses;

/// <summary>Gives many replicas their turns, one after the other, on one thread at a time.</summary>
/// <remarks>
/// <para>
/// What a busy replica costs a silo is mostly the waking of threads and the small pieces that each turn sends and writes. So a worker makes passes:
/// over all members that have something, in the order in which they asked, with one hand-over at the end of all that they wrote and sent. Who asks
/// during a pass is in the next one, which follows at once. A pass is short: what its first members wrote must not wait for long.
/// </para>
/// <para>A member asks for one turn at a time, so nobody has a second turn before all that asked earlier have had theirs.</para>
/// </remarks>
/// <param name="host">Gives it a thread.</param>
internal sealed class StepWorker(IPulseHost host) : IDuePulse
{
    // What the first of them wrote waits for the last.
    private const int MembersMax = 64;

    // Whose thread it is has other work, too.
    private const int PassesMax = 32;

    // A replica that is told something often has its answer to it in the next turn: the commands that waited for it.
    private const int CarriedPassesMax = 2;

    private readonly Lock gate = new();
    private List<IPulseMember> ready = [];
    private List<IPulseMember> taken = [];
    private int place;
    private int passEnd;
    private bool isAwake;
    private bool isInPass;

    /// <summary>Asks for a turn. Any thread, also that of a turn; never runs one inside this call.</summary>
    /// <param name="member">Who asks.</param>
    public void Post(IPulseMember member)
    {
        lock (gate)
        {
            ready.Add(member);
            if (isAwake)
            {
                return;
            }

            isAwake = true;
        }

        if (!PulseCarrier.Keep(this))
        {
            host.Wake();
        }
    }

    /// <summary>Makes passes until nobody asks any more, or asks its host for another pulse. On the thread that the host gives it.</summary>
    public void Pulse() => MakePasses(PassesMax);

    void IDuePulse.Wake() => host.Wake();

    void IDuePulse.Carry() => MakePasses(CarriedPassesMax);

    /// <summary>Begins a pass; for hosts that make its steps one by one, all on one thread at a time.</summary>
    /// <returns>False when nobody asks: the pulse has ended.</returns>
    public bool BeginPass()
    {
        if (taken.Count == 0)
        {
            lock (gate)
            {
                if (ready.Count == 0)
                {
                    isAwake = false;
                    return false;
                }

                (ready, taken) = (taken, ready);
            }
        }

        Invariant.Holds(!isInPass, "a worker makes one pass at a time");
        isInPass = true;
        passEnd = Math.Min(taken.Count, place + MembersMax);
        host.OnPassBegun();
        return true;
    }

    /// <summary>Gives the next member its turn.</summary>
    /// <returns>False when all have had theirs.</returns>
    public bool TakeNext()
    {
        if (place == passEnd)
        {
            return false;
        }

        var member = taken[place++];
        try
        {
            member.TakeTurn();
        }
        catch (Exception unexpected)
        {
            host.OnTurnFailed(unexpected);
        }

        return true;
    }

    /// <summary>Ends the pass.</summary>
    public void EndPass()
    {
        if (place == taken.Count)
        {
            taken.Clear();
            place = 0;
        }

        isInPass = false;
        host.OnPassEnded();
    }

    private void MakePasses(int most)
    {
        for (var pass = 0; BeginPass(); pass++)
        {
            while (TakeNext())
            {
                // One turn after the other.
            }

            EndPass();
            if (pass + 1 == most)
            {
                WakeUnlessDone();
                return;
            }
        }
    }

    private void WakeUnlessDone()
    {
        lock (gate)
        {
            isAwake = taken.Count + ready.Count > 0;
            if (!isAwake)
            {
                return;
            }
        }

        host.Wake();
    }
}
