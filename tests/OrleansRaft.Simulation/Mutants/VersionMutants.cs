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
            "level-used-too-early",
            "what a feature level brings is used as soon as the own program knows it",
            "Runtime",
            "Levels/ClusterLevel.cs",
            "public int InForce => Volatile.Read(ref inForce);",
            "public int InForce => Newest;"),
        new(
            "level-lowered",
            "a silo that hears of an earlier feature level believes it",
            "Runtime",
            "Levels/ClusterLevel.cs",
            "while (level > known)",
            "while (level != known)"),
        new(
            "absent-silo-not-counted",
            "a feature level is raised although an absent silo's program does not support it",
            "Runtime",
            "Levels/ClusterLevels.cs",
            "Silos.Where(other => other.Name != silo.Name).Append(silo)",
            "Silos.Where(other => other.Name != silo.Name && other.Newest >= silo.Newest).Append(silo)"),
        new(
            "stamp-goes-back",
            "a leader stamps an entry with its own clock, although the last entry has a later stamp",
            "Core",
            "RaftCore.Stamps.cs",
            "return UtcTime.Max(log.LastUtc, bounded);",
            "return bounded;"),
        new(
            "apply-changed-without-version",
            "a newer program applies commands otherwise at the old version of the state machine",
            "Runtime",
            "StateMachines/StateMachineHost.Applying.cs",
            "var record = tables.Remember(view, scope, entry.Id, entry.Time);\n        var key",
            "var record = tables.Remember(view, scope, entry.Id, entry.Time + (Versions.Newest > Version ? 1 : 0));\n        var key"),
        new(
            "successor-without-answer",
            "a halted leader hands over to a voter that has not answered it",
            "Core",
            "RaftCore.Transfer.cs",
            "FindPeer(best) is { IsHalted: false, MachineVersions: not null };",
            "FindPeer(best) is { IsHalted: false };"),
        new(
            "identity-of-bytes",
            "a repetition that its client encodes in other bytes is taken for another request",
            "Runtime",
            "EnvelopeView.cs",
            "public ulong Hash => Identity is { } identity ? StableHash.Of(Key.Span, identity) : HashOfBytes;",
            "public ulong Hash => HashOfBytes;"),
    ];
}
