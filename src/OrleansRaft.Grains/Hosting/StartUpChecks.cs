using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using OrleansRaft.Client;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains.Hosting;

/// <summary>Stops a silo that is configured wrongly before it starts, with a sentence that says what is wrong and what to do.</summary>
/// <remarks>
/// What is checked here would otherwise show as replicas that never come to life, in a cluster that is never ready. One state machine of each set is
/// made, taken through its initial state, and disposed.
/// </remarks>
internal sealed class StartUpChecks(IEnumerable<StateMachineRegistration> registrations, IServiceProvider services) : IHostedService
{
    /// <summary>
    /// Has the checks made when a host starts, before anything else of it is made: Orleans' own validators come after all its parts, which may lack
    /// something.
    /// </summary>
    public static void AddTo(IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceType == typeof(StartUpChecks)))
        {
            return;
        }

        services.AddSingleton<StartUpChecks>();
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(static provider =>
        {
            var checks = provider.GetRequiredService<StartUpChecks>();
            checks.Require();
            return checks;
        }));
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Require()
    {
        var sets = registrations.ToList();
        RequireRaft(sets);
        RequireSets(sets);
        RequireClustering();
        sets.ForEach(TryOut);
    }

    private void RequireRaft(List<StateMachineRegistration> sets)
    {
        if (services.GetService<RaftMarker>() is null)
        {
            throw new OrleansConfigurationException(
                $"AddRaftStateMachine added the set '{sets[0].Set.Name}', but AddRaft was not called, so that nothing runs it. Call silo.AddRaft(raft => raft.UsePostgreSql(...)) on every silo.");
        }
    }

    private static void RequireSets(List<StateMachineRegistration> sets)
    {
        if (sets.Count == 0)
        {
            throw new OrleansConfigurationException(
                "AddRaft was called, but no state machine was added, and the sets of a cluster are written down when it first starts. Add one with silo.AddRaftStateMachine<TCommand, TResult, TMachine>(name).");
        }

        if (sets.GroupBy(static set => set.Set.Name, StringComparer.Ordinal).FirstOrDefault(static same => same.Count() > 1) is { } twice)
        {
            throw new OrleansConfigurationException(
                $"The set '{twice.Key}' was added twice, for {string.Join(" and ", twice.Select(static set => set.Types.Machine.Name))}; give each AddRaftStateMachine its own name.");
        }
    }

    private void RequireClustering()
    {
        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(IMembershipTable)) == false)
        {
            throw new OrleansConfigurationException(
                "No clustering was configured, so that silos cannot find each other. Call silo.UseAdoNetClustering(...), or UseLocalhostClustering() for a single silo on this machine.");
        }
    }

    private void TryOut(StateMachineRegistration registration)
    {
        var (set, types) = (registration.Set.Name, registration.Types);
        RequireSerializers(set, types.Command);
        RequireSerializers(set, types.Result);
        var machine = Do(registration, "its constructor", () => registration.Create(services));
        try
        {
            Do(registration, "Restore, given the empty snapshot that stands for the initial state,", () =>
            {
                machine.Restore(default);
                return true;
            });
            Do(registration, "Capture, asked for the initial state,", () => machine.Capture());
        }
        finally
        {
            // Start-up waits for the answer of this check, and there is nothing else to do meanwhile.
            machine.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>The default codec needs serializers of Orleans: for the type itself, and for what derives from it beside it.</summary>
    private void RequireSerializers(string set, Type type)
    {
        var codec = typeof(ICommandCodec<>).MakeGenericType(type);
        if (IsOwnCodec(codec))
        {
            return;
        }

        var problem = Serializers.FindProblem(services, type)
            ?? (Serializers.FindUnserializable(services, type).FirstOrDefault() is { } derived ? Serializers.FindProblem(services, derived) : null);
        if (problem is not null)
        {
            throw new OrleansConfigurationException($"The set '{set}' has commands or results of type {type.FullName}. {problem}");
        }
    }

    private bool IsOwnCodec(Type codec)
    {
        try
        {
            return services.GetService(codec)?.GetType() is { } made && !(made.IsGenericType && made.GetGenericTypeDefinition() == typeof(OrleansCommandCodec<>));
        }
        catch (Exception exception) when (Serializers.IsSerializerError(exception))
        {
            // Orleans' own, which finds no serializer for the type.
            return false;
        }
    }

    private static T Do<T>(StateMachineRegistration registration, string what, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new OrleansConfigurationException(
                $"The state machine {registration.Types.Machine.Name} of the set '{registration.Set.Name}' cannot be used: {what} fails with {exception.GetType().Name}: "
                + $"{exception.Message} Correct it, or register with the silo's services what its constructor asks for: no replica could come to life.",
                exception);
        }
    }
}

/// <summary>Tells that AddRaft was called.</summary>
internal sealed class RaftMarker;
