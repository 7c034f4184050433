using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Client;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains.Routing;

/// <summary>Routes requests to one set of groups within a silo: encodes, chooses the group, and decodes. Any thread.</summary>
/// <remarks>
/// Callers within the silo have it made for them (<see cref="SiloRouters"/>); clients outside of silos reach it through a <see
/// cref="RouterGrain{TCommand, TResult}"/>.
/// </remarks>
internal sealed class Router<TCommand, TResult> : IRaftRouter<TCommand, TResult>
{
    private readonly string name;
    private readonly GroupClients? clients;
    private readonly ICommandCodec<TCommand>? commands;
    private readonly ICommandCodec<TResult>? results;

    // Where it leads nowhere: makes the answer to every request, or throws.
    private readonly Func<Rejected<TResult>>? closed;

    /// <summary>Makes the router to a set.</summary>
    public Router(IServiceProvider services, string name)
    {
        this.name = name;
        if (services.GetService<GroupClients>() is not { } shared)
        {
            var silo = services.GetRequiredService<ILocalSiloDetails>();
            closed = () => CallRejections.NoRaft<TResult>($"The silo {silo.Name}");
            return;
        }

        var registry = services.GetRequiredService<StateMachineRegistry>();
        if (registry.FindWrongTypes(name, typeof(TCommand), typeof(TResult)) is { } wrong)
        {
            closed = () => throw new WrongTypesException(wrong);
            return;
        }

        try
        {
            (commands, results) = (services.GetRequiredService<ICommandCodec<TCommand>>(), services.GetRequiredService<ICommandCodec<TResult>>());
            clients = shared;
        }
        catch (Exception exception) when (Serializers.IsSerializerError(exception))
        {
            var problem = Serializers.FindProblem(services, typeof(TCommand), typeof(TResult)) ?? $"{exception.Message} {Serializers.Remedy}";
            closed = () => CallRejections.Invalid<TResult>($"Nothing was sent. {problem}");
        }
    }

    [MemberNotNullWhen(true, nameof(clients), nameof(commands), nameof(results))]
    private bool IsOpen => clients is not null && commands is not null && results is not null;

    /// <inheritdoc/>
    public Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId) =>
        SubmitAsync(key, command, requestId, identity: null);

    /// <summary>Submits a command of which a client outside of silos may have made the identity.</summary>
    public async Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId, ulong? identity)
    {
        if (!IsOpen)
        {
            return Reject();
        }

        EncodedRequest encoded = default;
        if ((RequestRules.FindProblem(key, requestId) ?? Encode(commands, command, out encoded)) is { } problem)
        {
            return CallRejections.Invalid<TResult>(problem);
        }

        if (requestId is not null && clients.Level.InForce >= FeatureLevels.Identities)
        {
            encoded = encoded with { Identity = identity ?? commands.IdentityOf(command) };
        }

        return clients.Choose(name, key) is { } group
            ? Decode(results, group, await clients.SubmitAsync(group, key, encoded, requestId ?? ""), isCommand: true)
            : clients.RejectSet<TResult>(name);
    }

    /// <inheritdoc/>
    public async Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency)
    {
        if (!IsOpen)
        {
            return Reject();
        }

        EncodedRequest encoded = default;
        if ((RequestRules.FindProblem(key, null) ?? FindProblem(consistency) ?? Encode(commands, query, out encoded)) is { } problem)
        {
            return CallRejections.Invalid<TResult>(problem);
        }

        return clients.Choose(name, key) is { } group
            ? Decode(results, group, await clients.QueryAsync(group, key, encoded, consistency), isCommand: false)
            : clients.RejectSet<TResult>(name);
    }

    /// <inheritdoc/>
    public async Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency)
    {
        if (!IsOpen)
        {
            return Reject();
        }

        EncodedRequest encoded = default;
        if ((FindProblem(consistency) ?? Encode(commands, query, out encoded)) is { } problem)
        {
            return CallRejections.Invalid<TResult>(problem);
        }

        return clients.Choose(name, number) is { } group
            ? Decode(results, group, await clients.QueryAsync(group, "", encoded, consistency), isCommand: false)
            : clients.RejectNumber<TResult>(name, number);
    }

    /// <inheritdoc/>
    public Task<int> CountGroupsAsync()
    {
        if (IsOpen)
        {
            return Task.FromResult(clients.CountGroups(name));
        }

        Reject();
        return Task.FromResult(0);
    }

    private static string? FindProblem(ReadConsistency consistency) => Enum.IsDefined(consistency)
        ? null
        : $"'{(int)consistency}' is not a valid consistency level; use linearizable, lease or stale.";

    private Rejected<TResult> Reject() => closed is null ? throw new UnreachableException() : closed();

    /// <returns>Why the value cannot be written; null when it was.</returns>
    private static string? Encode(ICommandCodec<TCommand> commands, TCommand command, out EncodedRequest request)
    {
        var output = new ArrayBufferWriter<byte>();
        int needs;
        request = default;
        try
        {
            commands.Write(command, output);
            needs = CommandVersions.NeededBy(command);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever a codec throws: nothing has been sent.
            return CallRejections.Unserializable<TResult>(command!, exception).Detail;
        }

        request = new EncodedRequest(output.WrittenMemory, needs);
        return null;
    }

    private static Outcome<TResult> Decode(ICommandCodec<TResult> results, GroupEntry group, in Reply reply, bool isCommand)
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

    private static Outcome<TResult> Unreadable(GroupEntry group, in Reply reply, bool isCommand, Exception cause) => CarriedOutcomes.Lost<TResult>(
        reply.Entry,
        isCommand,
        $"the answer of {group.Name} cannot be read as {typeof(TResult).FullName} ({cause.Message}); "
            + "use the types and codecs of the silo that wrote it.");
}
