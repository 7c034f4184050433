namespace OrleansRaft.Simulation.Mutants;

internal static class PulseMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "busy-replica-starves-others",
            "a replica that has more to do goes on before the others of its worker have had their turn",
            "Runtime",
            "Pulses/StepWorker.cs",
            "            member.TakeTurn();\n",
            "            member.TakeTurn();\n            if (ready.Remove(member)) { taken.Insert(place, member); passEnd++; }\n"),
        new(
            "worker-awake-twice",
            "whoever asks for a turn during a pulse wakes the worker again: a replica may run twice at once",
            "Runtime",
            "Pulses/StepWorker.cs",
            "            if (isAwake)\n",
            "            if (isAwake && place == 0)\n"),
        new(
            "stop-lets-go-of-held-messages",
            "a replica that stops between the gathering of its write and the write sends what waited for it",
            "Runtime",
            "ReplicaDriver.Ending.cs",
            "        heldSends.Clear();\n",
            "        heldSends.OnDurable(new global::OrleansRaft.Core.PersistTicket(long.MaxValue));\n"
                + "        while (heldSends.TakeReleased() is { } held) { transport.Send(held.To, held.Message); }\n"),
        new(
            "answered-when-gathered",
            "a write is told to be durable when its batch is gathered",
            "Lab",
            "Storage/StoreConnection.cs",
            "        Perform(CompleteBatch);\n",
            "        DiskWork[] told = [.. batch];\n        process.Clock.Schedule(TimeSpan.Zero, () => process.Perform("
                + "() => Array.ForEach(told, work => work.Log.Tell(work.Tell))));\n        Perform(CompleteBatch);\n"),
        new(
            "gathering-waits-for-the-gone",
            "a transaction waits for whoever wrote in the last one, although nothing comes from there",
            "Runtime",
            "Storage/WriteGathering.cs",
            "return time.GetElapsedTime(since.Value) < PatienceMax;",
            "return true;"),
        new(
            "carried-worker-woken-too",
            "a worker whose pulse is carried by the thread that brought its inputs gets a thread of its host as well",
            "Runtime",
            "Pulses/PulseCarrier.cs",
            "var place = carries ? 1 : 0;",
            "var place = 0;"),
        new(
            "rest-of-carried-pulse-forgotten",
            "who asks for a turn during a pass that is carried, and not awaited by a thread, waits for whoever asks next",
            "Runtime",
            "Pulses/StepWorker.cs",
            "            isAwake = taken.Count + ready.Count > 0;\n",
            "            isAwake = false;\n"),
    ];
}
