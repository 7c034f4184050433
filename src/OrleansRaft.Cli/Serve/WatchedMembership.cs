using System.Reflection;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace OrleansRaft.Cli.Serve;

/// <summary>
/// Orleans' membership table, and whether it can still be told that this silo leaves. Orleans tries to for minutes; a silo that stops has handed its
/// leaderships over by then, and what is left to do needs the same server, so that nothing is lost when it ends at once and the others find out by
/// themselves.
/// </summary>
#pragma warning disable CA1852 // The proxy is a subclass that is made at run time.
internal class WatchedMembership : DispatchProxy
#pragma warning restore CA1852
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private IMembershipTable inner = null!;
    private MembershipReach reach = null!;

    /// <summary>Puts one before the table that a silo has.</summary>
    public static void Use(IServiceCollection services)
    {
        var table = services.Last(static service => service.ServiceType == typeof(IMembershipTable) && !service.IsKeyedService);
        services.Replace(ServiceDescriptor.Singleton(provider =>
        {
            var proxy = Create<IMembershipTable, WatchedMembership>();
            var watched = (WatchedMembership)(object)proxy;
            watched.inner = (IMembershipTable)(
                table.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, table.ImplementationType!));
            watched.reach = provider.GetRequiredService<MembershipReach>();
            return proxy;
        }));
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        object? result;
        try
        {
            result = targetMethod!.Invoke(inner, args);
        }
        catch (TargetInvocationException wrapped) when (wrapped.InnerException is { } cause)
        {
            ExceptionDispatchInfo.Throw(cause);
            throw;
        }

        if (result is Task call && reach.IsStopping)
        {
            _ = WatchAsync(call);
        }

        return result;
    }

    private async Task WatchAsync(Task call)
    {
        try
        {
            await call.WaitAsync(Patience);
        }
        catch (Exception)
        {
            reach.Lose();
        }
    }
}

/// <summary>Whether the membership table could be reached since the silo began to stop.</summary>
/// <param name="lifetime">Tells when that was.</param>
internal sealed class MembershipReach(IHostApplicationLifetime lifetime)
{
    private readonly TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the silo stops.</summary>
    public bool IsStopping => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Ends when a call failed, or took too long, while the silo stopped.</summary>
    public Task Lost => lost.Task;

    /// <summary>A call failed.</summary>
    public void Lose() => lost.TrySetResult();
}
