namespace OrleansRaft.Runtime.Machines;

/// <summary>
/// Runs the state machines of users, away from the turns on which replicas step Raft: a silo's threads, or the simulator's virtual time.
/// </summary>
internal interface IMachineExecutor
{
    /// <summary>Arranges that <see cref="MachineQueue.Run"/> is called soon, on another thread or later on this one. Any thread.</summary>
    /// <param name="queue">What has work; it is not scheduled again before that run.</param>
    void Schedule(MachineQueue queue);

    /// <summary>
    /// Like <see cref="Schedule"/>, for a queue whose next work may wait for a store: on a thread that nobody else needs meanwhile. Any thread.
    /// </summary>
    /// <param name="queue">What has work; it is not scheduled again before that run.</param>
    void ScheduleApart(MachineQueue queue) => Schedule(queue);

    /// <summary>Lets one machine run while no other on the silo does, until <see cref="Release"/>. Any thread.</summary>
    /// <param name="queue">What waits for that machine.</param>
    /// <param name="granted">Called when it is so, perhaps at once, on any thread.</param>
    void Reserve(MachineQueue queue, Action granted);

    /// <summary>Ends what <see cref="Reserve"/> began. Any thread.</summary>
    /// <param name="queue">What waits for that machine.</param>
    void Release(MachineQueue queue);
}
