using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Machines;

/// <summary>
/// One piece of work for a state machine: made on the turn of its replica, done by the thread that runs the machine, and handed back to the replica.
/// </summary>
internal abstract class MachineJob
{
    /// <summary>What the store must know while it is done, in case the process ends; null for what needs no care.</summary>
    public ApplyMark? Mark { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>In which life of the state it was asked for: when the state is made anew, what was done before is nobody's business.</summary>
    public long Life { get; init; }

    /// <summary>Whether it may wait for a store: then it gets a thread that others do not wait for.</summary>
    public virtual bool MayWait => false;

    /// <summary>How far the machine was when the job was done.</summary>
    public MachineView View { get; private set; }

    /// <summary>Does a part of the job: as much as fits into the machine's slice of time, and at least one call of the user's code.</summary>
    /// <returns>Whether the job is done.</returns>
    public bool Run(IStateMachineHost machine, in MachineSlice slice)
    {
        try
        {
            if (!RunPart(machine, slice))
            {
                return false;
            }

            View = MachineView.Of(machine);
        }
        catch (Exception exception)
        {
            Failure = exception;
        }

        return true;
    }

    /// <summary>Ends a job that will not be done, on the turn of its replica.</summary>
    public virtual void Abandon()
    {
    }

    /// <returns>Whether the job is done.</returns>
    protected abstract bool RunPart(IStateMachineHost machine, in MachineSlice slice);
}

/// <summary>How long a machine may go on before others get the thread.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Began">Its timestamp at the beginning.</param>
/// <param name="Most">How long.</param>
/// <param name="Waits">To be told when a job waits for a store, and when the machine's code goes on: only the latter can get stuck.</param>
internal readonly record struct MachineSlice(TimeProvider Time, long Began, TimeSpan Most, Action<bool> Waits)
{
    /// <summary>Whether the time is over.</summary>
    public bool IsOver => Time.GetElapsedTime(Began) >= Most;
}
