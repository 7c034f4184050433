namespace OrleansRaft.Simulation.Mutants;

internal static class VersionMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "unreadable-command-refused",
            "a program that cannot read a committed command refuses it, as if every other did so too",
            "Runtime",
            "StateMachines/StateMachineHost.Applying.cs",
            "        var (view, command) = ReadCommand(entry);",
            """
                    EnvelopeView view;
                    TCommand? command;
                    try
                    {
                        (view, command) = ReadCommand(entry);
                    }
                    catch (UnreadableEntryException unread)
                    {
                        lock (sessions)
                        {
                            tables.Advance(entry.Time);
                        }

                        return Reply.Rejected(RejectionReason.InvalidRequest, null, 0, unread.Message);
                    }

            """),
        new(
            "raise-before-all-support",
            "a version is raised although a member's program does not support it",
            "Core",
            "RaftCore.Versions.cs",
            "SupportOf(ReplicaId member) => FindPeer(member)?.MachineVersions;",
            "SupportOf(ReplicaId member) => FindPeer(member) is { MachineVersions: not null } ? settings.MachineVersions : null;"),
        new(
            "absent-member-not-counted",
            "a version is raised although nobody knows what an absent member's program supports",
            "Core",
            "RaftCore.Versions.cs",
            "SupportOf(ReplicaId member) => FindPeer(member)?.MachineVersions;",
            "SupportOf(ReplicaId member) => FindPeer(member)?.MachineVersions ?? settings.MachineVersions;"),
        new(
            "upgrade-in-restore",
            "a state is upgraded when it is restored, and not at the entry that raises the version",
            "Runtime",
            "StateMachines/StateMachineHost.Snapshots.cs",
            "            restore();",
            "            restore();\n            versioned?.Upgrade(version, Versions.Newest);"),
        new(
            "raise-not-replicated",
            "only the leader that raises the version works at it",
            "Core",
            "RaftCore.Versions.cs",
            "        AppendOwn(EntryKind.Raise, RaiseCodec.Encode(version));\n        versions.Note(log[log.Last.Index]);",
            "        AppendOwn(EntryKind.NoOp, ReadOnlyMemory<byte>.Empty);\n        versions.Note(log[log.Last.Index] with "
                + "{ Kind = EntryKind.Raise, Body = RaiseCodec.Encode(version) });"),
        new(
            "snapshot-version-too-new",
            "a snapshot names the version after the last entry of the log, and not the one at its own",
            "Runtime",
            "ReplicaDriver.Snapshots.cs",
            "MachineVersion = Core.MachineVersionAt(of.AppliedEntry.Index),",
            "MachineVersion = Core.MachineVersion,"),
        new(
            "truncated-version-stays",
            "a raise that was cut off still counts",
            "Core",
            "RaftCore.Persistence.cs",
            "        versions.TruncateAfter(index);\n",
            ""),
        new(
            "behind-leader-stays",
            "a leader whose program is behind does not hand over",
            "Runtime",
            "ReplicaDriver.Halting.cs",
            "if (Core.HasSoundSuccessor && (transfersAtOnce",
            "if (Core.HasSoundSuccessor && !IsVersionBehind && (transfersAtOnce"),
        new(
            "behind-refuses-entries",
            "a replica whose program is behind takes no more entries",
            "Runtime",
            "ReplicaDriver.Halting.cs",
            "return halt is { IsBehind: false } && haltedBytes >",
            "return halt is { IsBehind: true } || haltedBytes >"),
        new(
            "identity-of-bytes",
            "a repetition that its client encodes in other bytes is taken for another request",
            "Runtime",
            "EnvelopeView.cs",
            "public ulong Hash => Identity is { } identity ? StableHash.Of(Key.Span, identity) : HashOfBytes;",
            "public ulong Hash => HashOfBytes;"),
    ];
}
