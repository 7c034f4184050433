namespace OrleansRaft.Server.Groups;

/// <summary>
/// Says what the commands of one set mean, where its groups' logs are shown. An application registers one under the set's name, as in
/// <c>services.AddKeyedSingleton&lt;IEntryDescriber, OrderDescriber&gt;("orders")</c>; commands of a set without one are described by their size,
/// and calls of replicated grains by their interface and method.
/// </summary>
public interface IEntryDescriber
{
    /// <summary>Describes a command in words. Any thread.</summary>
    /// <param name="key">The key that chose the group.</param>
    /// <param name="command">The command, as the set's codec wrote it.</param>
    /// <exception cref="CorruptDataException">The bytes are not a command that this program knows; the log says so.</exception>
    string Describe(string key, ReadOnlyMemory<byte> command);
}
