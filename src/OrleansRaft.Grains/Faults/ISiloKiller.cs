namespace OrleansRaft.Grains.Faults;

/// <summary>
/// Kills silos and brings them back; registered only where that is possible, such as in a demonstration that runs them all in one process.
/// </summary>
internal interface ISiloKiller
{
    /// <summary>Lets a silo die without a goodbye, and brings it back after a time.</summary>
    /// <param name="silo">Its name.</param>
    /// <param name="after">When to bring it back.</param>
    /// <returns>Whether there was such a silo alive.</returns>
    bool Kill(string silo, TimeSpan after);

    /// <summary>Brings a silo back now.</summary>
    /// <param name="silo">Its name.</param>
    void Revive(string silo);
}
