using System.Buffers;
using Microsoft.Extensions.Logging;
using OrleansRaft.Client;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains.Hosting;

/// <summary>
/// Tries the state machine of one set out before a silo starts: two are made, one after the other, and taken through their initial state.
/// </summary>
/// <remarks>What fails here would fail for every replica, or, worse, make replicas differ.</remarks>
internal sealed class MachineTrial(StateMachineRegistration registration, IServiceProvider services, TimeProvider time, ILogger logger)
{
    private const string Whole = "Correct it: no replica could come to life.";

    private static readonly TimeSpan WarningInterval = TimeSpan.FromSeconds(10);

    // The shortest id that there may be, and the longest; neither has the form that the application's own may have.
    private static readonly ReadOnlyMemory<byte>[] RequestIds = ["a"u8.ToArray(), Enumerable.Repeat((byte)'a', 512).ToArray()];

    private readonly string set = registration.Set.Name;
    private string step = "";
    private MachineVersions versions = MachineVersions.First;

    /// <summary>Tries it out, in the surroundings that state machines have: see <see cref="MachineContext"/>.</summary>
    /// <returns>The versions that it supports.</returns>
    /// <exception cref="OrleansConfigurationException">It cannot be used.</exception>
    public MachineVersions Run()
    {
        RequireCodec(registration.Types.Command);
        RequireCodec(registration.Types.Result);
        var began = time.GetTimestamp();
        using var watch = time.CreateTimer(
            _ => Log.TrialWaits(logger, registration.Types.Machine.Name, set, Volatile.Read(ref step), time.GetElapsedTime(began)),
            null,
            WarningInterval,
            WarningInterval);
        MachineContext.Run(static trial => ((MachineTrial)trial!).TryOut(), this);
        return versions;
    }

    private void TryOut()
    {
        ReadOnlyMemory<byte> captured = default;
        byte[]? written = null;
        Try(machine =>
        {
            versions = machine.Versions;
            RequireMarks();
            Do("Restore, given the empty snapshot that stands for the initial state,", Whole, () => machine.Restore(ReadOnlyMemory<byte>.Empty));
            captured = Do("Capture, asked for the initial state,", Whole, machine.Capture);
            if (!Do("Capture, asked a second time,", Whole, machine.Capture).Span.SequenceEqual(captured.Span))
            {
                throw Unusable(
                    "Capture writes other bytes for the same state each time. Equal states must write equal bytes: replicas are compared by them.");
            }

            if (machine.HasViews)
            {
                written = Do("TakeView, or its view, asked for the initial state,", Whole, () => WriteView(machine));
            }

            foreach (var id in RequestIds)
            {
                Do(
                    $"{nameof(IRequestScopes.ScopeOf)}, asked whose a request id of {id.Length} 'a' is,",
                    "Request ids are whatever callers choose: let it return null for an id without an owner.",
                    () => machine.ScopeOf(id));
            }
        });
        Try(machine =>
        {
            Do("Restore, given what Capture wrote of the initial state,", Whole, () => machine.Restore(captured));
            if (!Do("Capture, asked for the state that Restore took,", Whole, machine.Capture).Span.SequenceEqual(captured.Span))
            {
                throw Unusable(
                    "Restore, given what Capture wrote of the initial state, makes another state of it: Capture then writes other bytes. "
                    + "A replica that is restored must be as the one that was captured.");
            }
        });
        if (written is not null)
        {
            Try(machine => TryView(machine, written, captured));
        }
    }

    /// <summary>A command that needs a version which this program does not support could never be sent.</summary>
    private void RequireMarks()
    {
        if (registration.Types.Machine.IsAssignableTo(typeof(IFormerBuild)))
        {
            return;
        }

        var beyond = Do(
            "the look for [Since] on its commands",
            "Correct the mark.",
            () => CommandVersions.FindMarkBeyond(registration.Types.Command, versions.Newest));
        if (beyond is var (version, where))
        {
            throw Unusable(
                $"[Since({version})] stands on {where}, and the newest version that it supports is {versions.Newest}: what is marked so could never "
                    + $"be sent. Let {nameof(IVersionedStateMachine)}.{nameof(IVersionedStateMachine.NewestVersion)} be {version}, or correct the "
                    + "mark.");
        }
    }

    private void TryView(IStateMachineHost machine, byte[] written, ReadOnlyMemory<byte> captured)
    {
        using var stream = new MemoryStream(written, writable: false);
        Do("Restore, given a stream of what its view wrote of the initial state,", Whole, () => machine.Restore(stream));
        if (!Do("Capture, asked for the state that Restore took,", Whole, machine.Capture).Span.SequenceEqual(captured.Span))
        {
            throw Unusable(
                "Restore, given a stream of what its view wrote of the initial state, makes another state of it: Capture then writes other bytes. "
                + "A replica that is restored must be as the one whose view was taken.");
        }
    }

    private static byte[] WriteView(IStateMachineHost machine)
    {
        var output = new ArrayBufferWriter<byte>();
        using var view = machine.TakeView(long.MaxValue);
        view.Write(output);
        return output.WrittenSpan.ToArray();
    }

    private void Try(Action<IStateMachineHost> use)
    {
        var machine = Do(
            "its constructor",
            "Correct it, or register with the silo's services what it asks for: no replica could come to life.",
            () => registration.Create(services));
        try
        {
            registration.Note(machine);
            use(machine);
        }
        catch
        {
            // What it failed with comes first.
            End(machine).Ignore();
            throw;
        }

        // Start-up waits for the answer of this check, and there is nothing else to do meanwhile.
        Do("Dispose", "Correct it: each replica that ends disposes its own.", () => End(machine).GetAwaiter().GetResult());
    }

    private static Task End(IStateMachineHost machine) => Task.Run(async () => await machine.DisposeAsync());

    /// <summary>The default codec needs serializers of Orleans: for the type itself, and for what derives from it beside it.</summary>
    private void RequireCodec(Type type)
    {
        if (!IsOwnCodec(type) && (Serializers.FindProblem(services, type) ?? Serializers.FindProblemBelow(services, type)) is { } problem)
        {
            throw new OrleansConfigurationException($"The set '{set}' has commands or results of type {type.FullName}. {problem}");
        }
    }

    private bool IsOwnCodec(Type type)
    {
        var codec = typeof(ICommandCodec<>).MakeGenericType(type);
        try
        {
            return services.GetService(codec)?.GetType() is { } made
                && !(made.IsGenericType && made.GetGenericTypeDefinition() == typeof(OrleansCommandCodec<>));
        }
        catch (Exception exception) when (Serializers.IsSerializerError(exception))
        {
            // Orleans' own, which finds no serializer for the type.
            return false;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new OrleansConfigurationException(
                $"The codec of the set '{set}' for {type.FullName} cannot be made: {exception.GetType().Name}: {ThrownText.MessageOf(exception)} "
                + "Correct it, or register with the silo's services what its constructor asks for.",
                exception);
        }
    }

    private void Do(string what, string remedy, Action work) => Do(what, remedy, () =>
    {
        work();
        return true;
    });

    private T Do<T>(string what, string remedy, Func<T> work)
    {
        Volatile.Write(ref step, what);
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OrleansConfigurationException))
        {
            // The host says in its own words what the machine threw.
            var cause = exception is MachineException { InnerException: { } thrown } ? thrown : exception;
            throw new OrleansConfigurationException(
                Sentence($"{what} fails with {cause.GetType().Name}: {ThrownText.Of(cause)}. {remedy}"), exception);
        }
    }

    private OrleansConfigurationException Unusable(string why) => new(Sentence(why));

    private string Sentence(string why) => $"The state machine {registration.Types.Machine.Name} of the set '{set}' cannot be used: {why}";
}
