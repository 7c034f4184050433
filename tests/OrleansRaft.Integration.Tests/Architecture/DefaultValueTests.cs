using System.Reflection;

namespace OrleansRaft.Integration.Tests.Architecture;

/// <summary>A value of a public structure that nobody made can be printed, compared, read and hashed.</summary>
public sealed class DefaultValueTests
{
    private static readonly string[] Assemblies =
    [
        "OrleansRaft.Core", "OrleansRaft.Runtime", "OrleansRaft.PostgreSql", "OrleansRaft.Sqlite",
        "OrleansRaft.Client", "OrleansRaft.Grains", "OrleansRaft.Counters", "OrleansRaft.Lab", "OrleansRaft.Lab.Web",
        "OrleansRaft.Counters.Web", "OrleansRaft.Server",
    ];

    public static TheoryData<Type> Structures =>
    [
        .. from assembly in Assemblies
           from type in Assembly.Load(assembly).GetExportedTypes()
           where type is { IsValueType: true, IsEnum: false, IsByRefLike: false }
           select type.IsGenericTypeDefinition ? type.MakeGenericType([.. type.GetGenericArguments().Select(_ => typeof(object))]) : type,
    ];

    /// <summary>What silos tell each other and callers, who never make one.</summary>
    private static bool IsOnlyRead(Type type) => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null;

    [Theory]
    [MemberData(nameof(Structures), DisableDiscoveryEnumeration = true)]
    public void A_default_value_breaks_nothing(Type type)
    {
        var value = Activator.CreateInstance(type)!;

        value.ToString().ShouldNotBeNull();
        value.Equals(Activator.CreateInstance(type)).ShouldBeTrue();
        _ = value.GetHashCode();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var read = property.GetValue(value);
            if (property.PropertyType == typeof(string) && !IsOnlyRead(type))
            {
                read.ShouldNotBeNull($"{type.Name}.{property.Name} is not declared to be null");
            }
        }
    }
}
