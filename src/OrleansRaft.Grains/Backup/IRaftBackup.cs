using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Backup;

/// <summary>Makes backups of the whole cluster while it serves. A service of every silo.</summary>
internal interface IRaftBackup
{
    /// <summary>
    /// Prepares a backup: takes the catalogue's state, where there is one, which says whose states the rest will be. Waits for an election that is
    /// under way.
    /// </summary>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>
    /// Committed with what is to be written; or why nothing can be: another backup is being made by this silo, or a group has no leader.
    /// </returns>
    Task<Outcome<PreparedBackup>> PrepareAsync(CancellationToken cancellation = default);
}
