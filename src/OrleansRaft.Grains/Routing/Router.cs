using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Client;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains.Routing;

/// <summary>The door to one set of groups within a silo: encodes, chooses the group, and decodes. Any thread.</summary>
/// <param name="clients">What all routers of the silo share.</param>
/// <param name="machines">The sets that this silo runs, with their types.</param>
/// <param name="commands">Writes commands.</param>
/// <param name="results">Reads results.</param>
/// <param name="name">The set's name.</param>
internal sealed class Router<TCommand, TResult>(
    GroupClients clients, StateMachineRegistry machines, ICommandCodec<TCommand> commands, ICommandCodec<TResult> results, string name)
    : IRouterDoor<TCommand, TResult>
{
    /// <summary>Makes the door, or one that says why there is none.</summary>
    public static IRouterDoor<TCommand, TResult> Create(IServiceProvider services, string name)
    {
        if (services.GetService<GroupClients>() is not { } clients)
        {
            var silo = services.GetRequiredService<ILocalSiloDetails>();
            return new ClosedDoor<TCommand, TResult>(() => RouterCalls.NoRaft<TResult>($"The silo {silo.Name}"));
        }

        var machines = services.GetRequiredService<StateMachineRegistry>();
        if (machines.FindWrongTypes(name, typeof(TCommand), typeof(TResult)) is { } wrong)
        {
            return new ClosedDoor<TCommand, TResult>(() => throw new WrongTypesException(wrong));
        }

        try
        {
            return new Router<TCommand, TResult>(
                clients, machines, services.GetRequiredService<ICommandCodec<TCommand>>(), services.GetRequiredService<ICommandCodec<TResult>>(), name);
        }
        catch (Exception exception) when (RouterCalls.IsOfSerializer(exception))
        {
            var problem = Serializers.FindProblem(services, typeof(TCommand), typeof(TResult)) ?? $"{exception.Message} {Serializers.Remedy}";
            return new ClosedDoor<TCommand, TResult>(() => RouterCalls.Invalid<TResult>($"Nothing was sent. {problem}"));
        }
    }

    /// <inheritdoc/>
    public async Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId)
    {
        ReadOnlyMemory<byte> body = default;
        if ((RequestNames.FindProblem(key, requestId) ?? Encode(command, out body)) is { } problem)
        {
            return RouterCalls.Invalid<TResult>(problem);
        }

        return clients.Choose(name, key) is { } group
            ? Decode(group, await clients.Of(group).SubmitAsync(key, body, requestId ?? ""), isCommand: true)
            : NoSuchSet();
    }

    /// <inheritdoc/>
    public async Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency)
    {
        ReadOnlyMemory<byte> body = default;
        if ((RequestNames.FindProblem(key, null) ?? FindProblem(consistency) ?? Encode(query, out body)) is { } problem)
        {
            return RouterCalls.Invalid<TResult>(problem);
        }

        return clients.Choose(name, key) is { } group
            ? Decode(group, await clients.Of(group).QueryAsync(key, body, consistency), isCommand: false)
            : NoSuchSet();
    }

    /// <inheritdoc/>
    public async Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency)
    {
        ReadOnlyMemory<byte> body = default;
        if ((FindProblem(consistency) ?? Encode(query, out body)) is { } problem)
        {
            return RouterCalls.Invalid<TResult>(problem);
        }

        return clients.Choose(name, number) is { } group
            ? Decode(group, await clients.Of(group).QueryAsync("", body, consistency), isCommand: false)
            : clients.CountGroups(name) is > 0 and var count ? NoSuchGroup(number, count) : NoSuchSet();
    }

    /// <inheritdoc/>
    public Task<int> CountGroupsAsync() => Task.FromResult(clients.CountGroups(name));

    private static string? FindProblem(ReadConsistency consistency) => Enum.IsDefined(consistency)
        ? null
        : $"{(int)consistency} is no consistency; use linearizable, lease or stale.";

    private Rejected<TResult> NoSuchSet() => machines.DescribeWaiting(name) is { } waiting
        ? new(RejectionReason.UnknownGroup, null, TimeSpan.FromSeconds(1), waiting)
        : new(
            RejectionReason.UnknownGroup,
            null,
            TimeSpan.Zero,
            $"This cluster has no set of groups named '{name}'; it has {clients.DescribeSets()}. Correct the name, or add the set with AddRaftStateMachine on every silo.");

    private Rejected<TResult> NoSuchGroup(int number, int count) => new(
        RejectionReason.UnknownGroup, null, TimeSpan.Zero, $"The set '{name}' has {count} groups, numbered from 0, and none with the number {number}.");

    /// <returns>Why the value cannot be written; null when it was.</returns>
    private string? Encode(TCommand command, out ReadOnlyMemory<byte> body)
    {
        var output = new ArrayBufferWriter<byte>();
        body = default;
        try
        {
            commands.Write(command, output);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever a codec throws: nothing has been sent.
            return RouterCalls.Unwritable<TResult>(command!, exception).Detail;
        }

        body = output.WrittenMemory;
        return null;
    }

    private Outcome<TResult> Decode(GroupEntry group, in Reply reply, bool isCommand)
    {
        switch (reply.Kind)
        {
            case ReplyKind.Committed:
                TResult value;
                try
                {
                    value = results.Read(reply.Body);
                }
                catch (Exception exception) when (exception is not OutOfMemoryException)
                {
                    return Unreadable(group, reply, isCommand, exception);
                }

                return new Committed<TResult>(value, reply.Entry, group.Name) { Age = TimeSpan.FromMilliseconds(reply.AgeMilliseconds) };
            case ReplyKind.Rejected:
                return new Rejected<TResult>(reply.Reason, reply.Leader, TimeSpan.FromMilliseconds(reply.RetryAfterMilliseconds), reply.Detail);
            default:
                return new Unknown<TResult>(reply.Detail);
        }
    }

    /// <summary>The answer is there and cannot be read: a repetition gets the same bytes again.</summary>
    private static Outcome<TResult> Unreadable(GroupEntry group, in Reply reply, bool isCommand, Exception cause)
    {
        var problem = $"the answer of {group.Name} cannot be read as {typeof(TResult).FullName} ({cause.Message}); use the types and codecs of the silo that wrote it.";
        return isCommand
            ? new Unknown<TResult>($"The command was applied at {reply.Entry}, but {problem}")
            : RouterCalls.Invalid<TResult>($"The query was answered, but {problem}");
    }
}
