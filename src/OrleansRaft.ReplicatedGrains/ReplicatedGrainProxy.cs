using System.ComponentModel;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Serializers;
using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft;

/// <summary>What callers of a replicated grain hold. Orleans' generator derives from it for each interface; not for use in code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[Alias("RaftGrain")]
[DefaultInvokableBaseType(typeof(ValueTask<>), typeof(Request<>))]
[DefaultInvokableBaseType(typeof(ValueTask), typeof(Request))]
[DefaultInvokableBaseType(typeof(Task<>), typeof(TaskRequest<>))]
[DefaultInvokableBaseType(typeof(Task), typeof(TaskRequest))]
[DefaultInvokableBaseType(typeof(void), typeof(VoidRequest))]
public abstract class ReplicatedGrainProxy
{
    private readonly ReplicatedGrainTarget target;

    /// <summary>Made by what <see cref="ReplicatedGrainFactoryExtensions"/> offers.</summary>
    /// <param name="target">Where calls go.</param>
    protected ReplicatedGrainProxy(ReplicatedGrainTarget target) => this.target = target;

    /// <summary>For generated code: contexts for copies of arguments.</summary>
    protected CopyContextPool CopyContextPool => target.Tools.Copies;

    /// <summary>For generated code: copiers of arguments.</summary>
    protected CodecProvider CodecProvider => target.Tools.Codecs;

    internal ReplicatedGrainTarget Target => target;

    /// <inheritdoc/>
    public sealed override string ToString() => target.ToString()!;

    /// <summary>For generated code: makes a request.</summary>
    /// <typeparam name="TInvokable">Its type.</typeparam>
    protected TInvokable GetInvokable<TInvokable>() => ActivatorUtilities.GetServiceOrCreateInstance<TInvokable>(target.Tools.Services);

    /// <summary>For generated code: makes a call with a result.</summary>
    /// <typeparam name="T">The result's type.</typeparam>
    /// <param name="request">The call.</param>
    protected ValueTask<T> InvokeAsync<T>(IRequest request) => target.InvokeAsync<T>(request);

    /// <summary>For generated code: makes a call without a result.</summary>
    /// <param name="request">The call.</param>
    protected ValueTask InvokeAsync(IRequest request) => target.InvokeAsync(request);

    /// <summary>For generated code: replicated grains have no one-way calls.</summary>
    /// <param name="request">The call.</param>
    /// <exception cref="NotSupportedException">Always.</exception>
    protected void Invoke(IRequest request) => throw new NotSupportedException(
        $"{request?.GetInterfaceName()}.{request?.GetMethodName()} returns nothing, and a replicated grain has no one-way calls; let it return a "
            + "Task.");
}

/// <summary>Where the calls of a proxy go; not for use in code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ReplicatedGrainTarget
{
    internal ReplicatedGrainTarget(ICallTools tools) => Tools = tools;

    internal ICallTools Tools { get; }

    internal abstract ValueTask<T> InvokeAsync<T>(IRequest request);

    internal abstract ValueTask InvokeAsync(IRequest request);

    /// <summary>The same grain, called otherwise.</summary>
    internal abstract ReplicatedGrainTarget With(Func<CallOptions, CallOptions> change);
}
