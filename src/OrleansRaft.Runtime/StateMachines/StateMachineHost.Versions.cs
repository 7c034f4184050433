using OrleansRaft.Core;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>Which versions of the state machine there are, and what is done when the one in force is raised.</summary>
internal sealed partial class StateMachineHost<TCommand, TResult>
{
    /// <summary>Works at a later version from here on.</summary>
    private void Upgrade(int to)
    {
        var from = Version;
        if (to > Versions.Newest)
        {
            throw Unsupported(to, AppliedEntry);
        }

        Invariant.Holds(to > from, "the machine's version is only ever raised");
        use.Enter();
        try
        {
            versioned!.Version = to;
            versioned.Upgrade(from, to);
        }
        catch (Exception exception)
        {
            throw new MachineException($"{nameof(IVersionedStateMachine.Upgrade)} from version {from} to {to}", exception);
        }
        finally
        {
            use.Leave();
        }

        Version = to;
    }

    /// <exception cref="MachineException">This program does not support a version: its replica should not have asked.</exception>
    private void RequireSupport(int version, EntryId entry)
    {
        // Whatever the program, a group begins with its state at the first version, and goes on from there.
        if (!Versions.Supports(version) && entry != EntryId.Zero)
        {
            throw Unsupported(version, entry);
        }
    }

    private MachineException Unsupported(int version, EntryId after) =>
        new($"The state machine works at version {version} after entry {after}, and this program supports {Versions}.");

    /// <summary>The version that a command needs, where no program like this one understands it; null otherwise.</summary>
    private int? FindNeedBeyond(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            var needs = EnvelopeView.Read(envelope).Needs;
            return needs > Versions.Newest ? needs : null;
        }
        catch (CorruptDataException)
        {
            // Whoever reads the rest says so.
            return null;
        }
    }

    private static string NeedsMore(string what, int needs, MachineVersions supported) =>
        $"The {what} needs version {needs} of the state machine, and the replica that should take it works at {supported}.";

    private static MachineVersions VersionsOf(IVersionedStateMachine? machine)
    {
        if (machine is null)
        {
            return MachineVersions.First;
        }

        var versions = new MachineVersions(machine.OldestVersion, machine.NewestVersion);
        return versions.Oldest >= MachineVersions.Initial && versions.Newest >= versions.Oldest && versions.Newest <= MachineVersions.Max
            ? versions
            : throw new ArgumentException(
                $"{machine.GetType().Name} says that it supports the versions {versions.Oldest} to {versions.Newest}; they begin at "
                    + $"{MachineVersions.Initial}, and the newest is not older than the oldest, nor beyond {MachineVersions.Max}.",
                nameof(machine));
    }
}
