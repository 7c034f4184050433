namespace OrleansRaft.Simulation.Mutants;

internal static class StoreMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "fencing-off",
            "an activation that was taken over can still write",
            "Lab",
            "Storage/DiskWork.cs",
            "public bool IsOwned => log.Stored.Epoch == Epoch;",
            "public bool IsOwned => log.Stored.Epoch >= Epoch;"),
        new(
            "right-to-speak-off",
            "two activations of one replica vote and confirm reads beside each other",
            "Lab",
            "Storage/LabReplicaLog.cs",
            "public bool MaySpeak => isGranted && !isStopped && connection.Lease.IsValid;",
            "public bool MaySpeak => !isStopped;"),
        new(
            "write-lost-although-synced",
            "a write is told to be durable while it is not",
            "Lab",
            "Storage/StoredReplica.cs",
            "            journal.Append(record);\n        }\n        else",
            "            _ = record;\n        }\n        else"),
        new(
            "flipped-bits-taken",
            "a log's checksums are not looked at",
            "Lab",
            "Storage/Journal.cs",
            "if (Crc32C.Compute(body.Span) != BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(4)))",
            "if (body.Length < 0)"),
        new(
            "torn-end-stays",
            "a torn record at the end stays there, and what is written behind it cannot be read",
            "Lab",
            "Storage/Journal.cs",
            "                frames.RemoveAt(i);\n",
            ""),
    ];
}
