using System.Collections.Concurrent;
using System.Reflection;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>The interface of a replicated grain. Any thread.</summary>
/// <param name="Type">The interface.</param>
/// <param name="Name">Its name in logs: its alias, or its full name.</param>
internal sealed record GrainInterface(Type Type, string Name)
{
    private static readonly ConcurrentDictionary<Type, GrainInterface> Known = new();

    /// <summary>Its methods and those of the interfaces that it extends.</summary>
    public IEnumerable<MethodInfo> Methods => MethodsOf(Type);

    /// <summary>Describes an interface.</summary>
    /// <exception cref="ArgumentException">No replicated grain can have it; the message says why, and what to do.</exception>
    public static GrainInterface Of(Type type) => Known.TryGetValue(type, out var known) ? known
        : FindProblem(type) is { } problem ? throw new ArgumentException(problem, nameof(type))
        : Known.GetOrAdd(type, new GrainInterface(type, NameOf(type)));

    /// <summary>Whether a type is the interface of some replicated grain, valid or not.</summary>
    public static bool IsOne(Type type) => type.IsInterface && type != typeof(IReplicatedGrain) && type.IsAssignableTo(typeof(IReplicatedGrain));

    /// <summary>An alias, or the full name.</summary>
    public static string NameOf(Type type) => type.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias ?? type.FullName ?? type.Name;

    /// <summary>A method's alias, or its name.</summary>
    public static string NameOf(MethodInfo method) => method.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias ?? method.Name;

    private static string? FindProblem(Type type)
    {
        if (!IsOne(type))
        {
            return $"{type.FullName} is not the interface of a replicated grain; use an interface that extends {nameof(IReplicatedGrain)}.";
        }

        if (type.IsGenericType)
        {
            return $"{type} is generic, and the interface of a replicated grain cannot be; make one interface for each type.";
        }

        if (type.IsAssignableTo(typeof(IAddressable)))
        {
            return $"{type.FullName} extends both {nameof(IReplicatedGrain)} and an interface of Orleans' own grains; choose one.";
        }

        return MethodsOf(type).Select(method => FindProblem(type, method)).FirstOrDefault(static problem => problem is not null);
    }

    private static string? FindProblem(Type type, MethodInfo method)
    {
        var name = $"{type.FullName}.{method.Name}";
        var result = method.ReturnType;
        var isTask = result == typeof(Task) || result == typeof(ValueTask)
            || (result.IsGenericType
                && (result.GetGenericTypeDefinition() == typeof(Task<>) || result.GetGenericTypeDefinition() == typeof(ValueTask<>)));
        return method.IsSpecialName
            ? $"{name} belongs to a property or an event, and the interface of a replicated grain has methods only; use a method that returns a Task."
            : method.IsStatic ? $"{name} is static, and the interface of a replicated grain has instance methods only; move it elsewhere."
            : method.IsGenericMethod ? $"{name} is generic, and methods of a replicated grain cannot be; make one method for each type."
            : !isTask ? $"{name} returns {result.Name}; let it return Task, Task<T>, ValueTask or ValueTask<T>."
            : method.GetParameters().FirstOrDefault(static one => one.ParameterType.IsByRef) is { } reference
                ? $"{name} takes {reference.Name} by reference, which no call can; pass it by value and return what changes."
            : null;
    }

    private static IEnumerable<MethodInfo> MethodsOf(Type type) => type.GetInterfaces()
        .Where(static one => one != typeof(IReplicatedGrain))
        .Append(type)
        .SelectMany(static one => one.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static));
}
