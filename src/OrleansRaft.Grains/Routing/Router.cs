using System.Buffers;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains;

/// <summary>The door to one set of groups within a silo: encodes, chooses the group, and decodes. Any thread.</summary>
/// <param name="clients">What all routers of the silo share.</param>
/// <param name="commands">Writes commands.</param>
/// <param name="results">Reads results.</param>
/// <param name="name">The set's name.</param>
internal sealed class Router<TCommand, TResult>(
    GroupClients clients, ICommandCodec<TCommand> commands, ICommandCodec<TResult> results, string name)
    : IRouterDoor<TCommand, TResult>
{
    /// <inheritdoc/>
    public async Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId)
    {
        if (requestId is { Length: 0 or > CommandEnvelope.RequestIdLengthMax })
        {
            return Invalid($"A request id has 1 to {CommandEnvelope.RequestIdLengthMax} characters, this one {requestId.Length}.");
        }

        if (Refuse(key) is { } refusal)
        {
            return refusal;
        }

        return clients.Choose(name, key) is { } group
            ? Decode(group, await clients.Of(group).SubmitAsync(key, Encode(command), requestId ?? ""))
            : NoSuchGroup();
    }

    /// <inheritdoc/>
    public async Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency)
    {
        if ((Refuse(key) ?? Refuse(consistency)) is { } refusal)
        {
            return refusal;
        }

        return clients.Choose(name, key) is { } group
            ? Decode(group, await clients.Of(group).QueryAsync(key, Encode(query), consistency))
            : NoSuchGroup();
    }

    /// <inheritdoc/>
    public async Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency)
    {
        if (Refuse(consistency) is { } refusal)
        {
            return refusal;
        }

        return clients.Choose(name, number) is { } group
            ? Decode(group, await clients.Of(group).QueryAsync("", Encode(query), consistency))
            : NoSuchGroup();
    }

    /// <inheritdoc/>
    public Task<int> CountGroupsAsync() => Task.FromResult(clients.CountGroups(name));

    private static Rejected<TResult>? Refuse(string key) => key.Length <= CommandEnvelope.KeyLengthMax
        ? null
        : Invalid($"A key has at most {CommandEnvelope.KeyLengthMax} characters, this one {key.Length}.");

    private static Rejected<TResult>? Refuse(ReadConsistency consistency) => Enum.IsDefined(consistency)
        ? null
        : Invalid($"{(int)consistency} is no consistency; use linearizable, lease or stale.");

    private static Rejected<TResult> Invalid(string detail) => new(RefusalReason.InvalidRequest, null, TimeSpan.Zero, detail);

    private Rejected<TResult> NoSuchGroup() => new(
        RefusalReason.UnknownGroup, null, TimeSpan.Zero, $"This cluster has no such group in a set named '{name}'.");

    private ReadOnlyMemory<byte> Encode(TCommand command)
    {
        var output = new ArrayBufferWriter<byte>();
        commands.Write(command, output);
        return output.WrittenMemory;
    }

    private Outcome<TResult> Decode(GroupEntry group, in Reply reply) => reply.Kind switch
    {
        ReplyKind.Committed => new Committed<TResult>(results.Read(reply.Body), reply.Entry, group.Name) { Age = TimeSpan.FromMilliseconds(reply.AgeMilliseconds) },
        ReplyKind.Rejected => new Rejected<TResult>(reply.Reason, reply.Leader, TimeSpan.FromMilliseconds(reply.RetryAfterMilliseconds), reply.Detail),
        _ => new Unknown<TResult>(reply.Detail),
    };
}
