namespace OrleansRaft;

/// <summary>
/// Implemented by a state machine of which a later program makes more than an earlier one: more commands, other results, another state. Replicas go
/// over to a later version at one entry of the log, so that programs of both may run side by side and never hold different states.
/// </summary>
/// <remarks>
/// <para>
/// Every group begins at version 1. Its leader raises the version, by an entry of the log, when the programs of all members support a later one
/// (<c>Raft:AutoRaise</c>), or when somebody asks for it; it is never lowered. A machine without this interface supports version 1 alone.
/// </para>
/// <para>
/// A replica whose program does not support the version in force keeps its log and its vote, and applies and serves nothing until another program
/// starts there. A command that an earlier program does not know, or would read with a loss, is marked with <see cref="SinceAttribute"/>: it is
/// refused as long as the version in force is lower.
/// </para>
/// </remarks>
public interface IVersionedStateMachine
{
    /// <summary>The newest version that this program supports.</summary>
    int NewestVersion { get; }

    /// <summary>
    /// The oldest version that this program supports. Only the state with which a group begins is still upgraded from a version before it, whatever
    /// the program.
    /// </summary>
    int OldestVersion => Core.MachineVersions.Initial;

    /// <summary>
    /// The version in force: at which <c>Apply</c>, <c>Query</c>, <c>Capture</c> and <c>Restore</c> work. The library sets it before <c>Restore</c>,
    /// to the version of what is restored, and before <see cref="Upgrade"/>, to the later version.
    /// </summary>
    int Version { get; set; }

    /// <summary>
    /// Changes the state as it is at one version to what it is at a later one. Called at the entry that raises the version, on every replica, and
    /// nowhere else; deterministic like <c>Apply</c>.
    /// </summary>
    /// <param name="from">The version before the entry.</param>
    /// <param name="to">The version from the entry on, at most <see cref="NewestVersion"/>; possibly several later.</param>
    void Upgrade(int from, int to);
}
