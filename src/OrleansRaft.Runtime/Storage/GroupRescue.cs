namespace OrleansRaft.Runtime.Storage;

/// <summary>Lets a group that has lost its majority go on from one replica, on the stores themselves.</summary>
internal static class GroupRescue
{
    /// <summary>
    /// Does it: first the stores say who is lost, so that whoever starts from now on keeps those out; then the survivor is given a log in which it is
    /// alone. May be repeated when it was interrupted.
    /// </summary>
    /// <remarks>
    /// Whoever asks has made sure that all other replicas are stopped: those that run elsewhere, and see neither these stores nor the survivor, would
    /// go on as they were.
    /// </remarks>
    /// <param name="stores">All stores that can be reached.</param>
    /// <param name="survey">What was found in them; without a refusal.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The recovery.</returns>
    /// <exception cref="StoreRefusedException">The survey refused it, or the survivor is gone.</exception>
    public static async Task<GroupRecovery> RunAsync(IReadOnlyList<ILogStore> stores, RecoverySurvey survey, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(stores);
        ArgumentNullException.ThrowIfNull(survey);
        if (survey.Refusal is { } refusal)
        {
            throw new StoreRefusedException(refusal);
        }

        var key = new ReplicaKey(survey.Group, survey.Survivor);
        var survivor = survey.Left.First(left => left.Key == key);
        var highest = survey.Left.Select(static left => left.Key.Replica.Value)
            .Concat(survivor.Configuration!.Members.Select(static member => member.Id.Value))
            .Max();
        var recovery = GroupRecovery.After(key, highest, survey.Before);
        foreach (var store in stores)
        {
            await store.ChangeClusterAsync(row => row.With(recovery), cancellation);
        }

        var home = await FindHomeAsync(stores, key, cancellation);
        await using var session = await ReplicaLogSession.OpenAsync(home, key, cancellation);
        await using (session.Log.RecoveredSnapshot)
        {
            // What the survivor took before it was taken over counts, too: its log is read again.
            await session.WriteAsync(GroupRecovery.WriteOf(survey.Survivor, session.Log.Recovered), cancellation);
        }

        await session.ReleaseAsync(cancellation);
        return recovery;
    }

    private static async Task<ILogStore> FindHomeAsync(IReadOnlyList<ILogStore> stores, ReplicaKey key, CancellationToken cancellation)
    {
        foreach (var store in stores)
        {
            if ((await store.ListReplicasAsync(cancellation)).Contains(key))
            {
                return store;
            }
        }

        throw new StoreRefusedException($"replica {key} is in none of the stores any more");
    }
}
