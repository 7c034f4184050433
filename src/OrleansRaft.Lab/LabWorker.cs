using OrleansRaft.Core;
using OrleansRaft.Lab.Storage;
using OrleansRaft.Runtime.Pulses;

namespace OrleansRaft.Lab;

/// <summary>A step worker in one life of a process: gives its replicas their turns, with the code that silos run.</summary>
internal sealed class LabWorker : IPulseHost
{
    private readonly ILabProcess process;
    private readonly StoreConnection[] connections;
    private readonly Func<TimeSpan> turnDelay;
    private readonly Action<string, string> report;
    private readonly RandomSource? random;
    private readonly StepWorker steps;

    /// <param name="process">The process.</param>
    /// <param name="connections">Its ways to all disks, in this life.</param>
    /// <param name="turnDelay">How long a turn takes to come.</param>
    /// <param name="report">Told what must not happen, with details.</param>
    /// <param name="random">Decides how long a pass takes, and where it is interrupted; null for passes that take no time.</param>
    public LabWorker(
        ILabProcess process, StoreConnection[] connections, Func<TimeSpan> turnDelay, Action<string, string> report, RandomSource? random)
    {
        this.process = process;
        this.connections = connections;
        this.turnDelay = turnDelay;
        this.report = report;
        this.random = random;
        steps = new StepWorker(this);
    }

    /// <summary>Asks for a turn.</summary>
    public void Post(IPulseMember member) => steps.Post(member);

    public void Wake() => process.Clock.Schedule(
        random is null ? turnDelay() : turnDelay() / 4 * random.Next(1, 8), () => process.Perform(Pulse));

    public void OnPassBegun() => Array.ForEach(connections, static connection => connection.BeginPulse());

    public void OnPassEnded() => Array.ForEach(connections, static connection => connection.EndPulse());

    public void OnTurnFailed(Exception cause) => report("a turn throws nothing at its worker", cause.ToString());

    private void Pulse()
    {
        try
        {
            if (random is null)
            {
                steps.Pulse();
            }
            else if (steps.BeginPass())
            {
                Continue();
            }
        }
        catch (InvariantViolationException impossible)
        {
            report("a worker runs once at a time", impossible.Message);
        }
    }

    /// <summary>A thread may lose its processor between any two turns, and between the last one and the end of the pass.</summary>
    private void Continue()
    {
        while (steps.TakeNext())
        {
            if (random!.Next(0, 4) == 0)
            {
                Later(Continue);
                return;
            }
        }

        if (random!.Next(0, 4) == 0)
        {
            Later(End);
        }
        else
        {
            End();
        }
    }

    private void End()
    {
        steps.EndPass();
        Pulse();
    }

    private void Later(Action action) => process.Clock.Schedule(turnDelay(), () => process.Perform(action));
}
