namespace OrleansRaft.Runtime.Pulses;

/// <summary>Something that takes its turns from a <see cref="StepWorker"/>, such as a replica.</summary>
internal interface IPulseMember
{
    /// <summary>Takes one turn, which must be short, wait for nothing and throw nothing. No other turn of the worker runs meanwhile.</summary>
    void TakeTurn();
}
