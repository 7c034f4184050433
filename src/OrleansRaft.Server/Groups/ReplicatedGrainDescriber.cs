using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft.Server.Groups;

/// <summary>
/// Describes the calls in the logs of replicated grains: interface, method and key, and none of the arguments, which may be anybody's secrets.
/// </summary>
/// <param name="codec">Reads the calls of the set.</param>
internal sealed class ReplicatedGrainDescriber(GrainCallCodec codec) : IEntryDescriber
{
    /// <inheritdoc/>
    public string Describe(string key, ReadOnlyMemory<byte> command)
    {
        var call = codec.Read(command);
        var method = CallMethod.Of(call.Read!);
        return call.Key is null ? $"{method} of {key}" : $"{method} of {call.Key} in {key}";
    }
}
