using System.Runtime.ExceptionServices;
using Orleans.Serialization.Invocation;
using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>Makes calls from one grain to another within an entry: they are complete when they return.</summary>
/// <remarks>Arguments, results and exceptions pass through their bytes, so that no object belongs to two grains.</remarks>
/// <param name="run">The run of the entry.</param>
/// <param name="caller">The call that makes them.</param>
/// <param name="key">The grain that is called.</param>
internal sealed class LocalTarget(EntryRun run, CallFrame caller, StateKey key) : ReplicatedGrainTarget(run.Bound.Tools)
{
    private readonly CallTools tools = run.Bound.Tools;

    /// <inheritdoc/>
    public override string ToString() => $"{key.Class.Name} '{key.Key}'";

    internal override ValueTask<T> InvokeAsync<T>(IRequest request)
    {
        try
        {
            var response = Call(request);
            var bytes = tools.Serializer.SerializeToArray(response.GetResult<T>());
            response.Dispose();
            return new ValueTask<T>(tools.Serializer.Deserialize<T>(bytes)!);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<T>(exception);
        }
    }

    internal override ValueTask InvokeAsync(IRequest request)
    {
        try
        {
            Call(request).Dispose();
            return ValueTask.CompletedTask;
        }
        catch (Exception exception)
        {
            return ValueTask.FromException(exception);
        }
    }

    internal override ReplicatedGrainTarget With(Func<CallOptions, CallOptions> change) => throw new InvalidOperationException(
        "A call within an entry has the request id, the time and the consistency of that entry, so With() does not apply to Local().");

    private Response Call(IRequest request)
    {
        caller.RequireOpen();
        var method = CallMethod.Of(request);
        if (caller.IsRead && !method.IsRead)
        {
            throw new CallRefusedException(
                RejectionReason.InvalidRequest, $"A [ReadOnly] method called {method} of '{key.Key}', which is not; nothing was changed.");
        }

        var copy = (IRequest)tools.Serializer.Deserialize<object>(tools.Serializer.SerializeToArray<object>(request))!;
        var response = run.Call(key, copy, method);
        switch (response.Exception)
        {
            case null:
                return response;
            case CallRefusedException refused:
                ExceptionDispatchInfo.Throw(refused);
                return response;
            default:
                // As any caller would get it: what differs between silos is not there.
                throw tools.Exceptions.Read(tools.Exceptions.Write(response.Exception), method, key.Key);
        }
    }
}
